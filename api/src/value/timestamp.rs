//! Points in time as Neutron shows them: UTC, whole seconds.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp as Instant;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value as Json, json};

use super::{Fault, Test, Value, shown, test_any};
use crate::Check;

/// Seconds since 1970-01-01T00:00:00Z. Prints as `2026-11-23T07:08:40Z`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The clock of this machine.
    pub fn now() -> Self {
        Self(Instant::now().as_second())
    }

    /// The clock of this machine, in microseconds since 1970-01-01 UTC.
    pub fn now_micros() -> i64 {
        Instant::now().as_microsecond()
    }

    /// A point in time to the microsecond, given as microseconds since 1970-01-01 UTC:
    /// `2026-11-23T07:08:40.000000Z`.
    pub fn exact(micros: i64) -> String {
        let whole = Self(micros.div_euclid(1_000_000)).to_string();
        let rest = micros.rem_euclid(1_000_000);
        format!("{}.{rest:06}Z", whole.trim_end_matches('Z'))
    }

    /// `2026-11-23 07:08:40`, the form agents have.
    pub fn spaced(self) -> String {
        self.to_string().replace('T', " ").replace('Z', "")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Timestamp {
    /// As it is written: every document has two, so this is done without the machinery of formats. A
    /// year that four digits cannot hold keeps its last four.
    fn text(self) -> [u8; 20] {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let mut text = *b"0000-00-00T00:00:00Z";
        let places = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19];
        for (place, mut number) in places
            .into_iter()
            .zip([year, month, day, hour, minute, second])
        {
            for digit in text.get_mut(place).into_iter().flatten().rev() {
                *digit = b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or_default();
                number /= 10;
            }
        }
        text
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar: years
/// are counted from March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let from_march_0000 = days + 719_468;
    let (era, day_of_era) = (
        from_march_0000.div_euclid(146_097),
        from_march_0000.rem_euclid(146_097),
    );
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// A text is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a time; write it like 2026-11-23T07:08:40Z")]
pub struct TimestampError(pub String);

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Ok(Self(instant(text)?.as_second()))
    }
}

/// The point in time that a text names; UTC where it says no other.
fn instant(text: &str) -> Result<Instant, TimestampError> {
    if let Ok(zoned) = text.parse() {
        return Ok(zoned);
    }
    text.parse::<jiff::civil::DateTime>()
        .and_then(|civil| civil.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|zoned| zoned.timestamp())
        .map_err(|_| TimestampError(text.chars().take(64).collect()))
}

/// The point in time that a text names, in microseconds since 1970-01-01 UTC.
///
/// # Errors
/// The text is no time.
pub(crate) fn micros(text: &str) -> Result<i64, TimestampError> {
    instant(text).map(|instant| instant.as_microsecond())
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text();
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Value for Timestamp {
    type Input = Self;

    fn parse(json: &Json, _: &Check) -> Result<Self, Fault> {
        json.as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Fault::Invalid(format!("{} is not a time", shown(json))))
    }

    fn settle(input: Self) -> Option<Self> {
        Some(input)
    }

    fn test(texts: &[String]) -> Result<Test<Self>, Fault> {
        Ok(test_any(texts, |t| t.parse().ok()))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn schema(_: &Check) -> Json {
        json!({"type": "string", "format": "date-time"})
    }
}

/// `changed_since=2026-11-23T07:08:40`: changed at or after all of these.
pub(crate) fn changed_since(texts: &[String]) -> Result<Test<Timestamp>, Fault> {
    let times = texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|error: TimestampError| Fault::Convert(error.to_string()))
        })
        .collect::<Result<Vec<Timestamp>, _>>()?;
    Ok(Box::new(move |at| times.iter().all(|time| at >= time)))
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn days_and_times_are_written_as_rfc_3339_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_795_759_200, "2026-11-27T06:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp(seconds).to_string(), text);
            assert_eq!(serde_json::json!(Timestamp(seconds)), text);
        }
    }
}
