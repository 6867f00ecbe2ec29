//! Pieces of text that know where they stand, and how `ovs-ofctl` divides a line into keys and
//! values.

use thiserror::Error;

/// Text that is not what it should be: where, what stands there, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} at byte {offset}: {problem}")]
pub struct ParseError {
    /// Where, in bytes from the start of what was given to the parser.
    pub offset: usize,
    /// What stands there, cut to 64 characters.
    pub text: String,
    /// What is wrong.
    pub problem: TextProblem,
}

/// What is wrong with a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextProblem {
    /// A key that means nothing here.
    #[error("unknown key")]
    UnknownKey,
    /// No field is called so.
    #[error("unknown field")]
    UnknownField,
    /// No action is called so.
    #[error("unknown action")]
    UnknownAction,
    /// A number was expected.
    #[error("a number is expected, in decimal or with 0x in hexadecimal")]
    Number,
    /// A number is too big.
    #[error("the number does not fit {bits} bits")]
    TooBig {
        /// How many bits there are.
        bits: u16,
    },
    /// A port was expected.
    #[error(
        "a port number is expected, or IN_PORT, TABLE, NORMAL, FLOOD, ALL, CONTROLLER, LOCAL or ANY"
    )]
    Port,
    /// An Ethernet address was expected.
    #[error("an Ethernet address is expected, xx:xx:xx:xx:xx:xx")]
    Ethernet,
    /// An IPv4 address was expected.
    #[error("an IPv4 address is expected")]
    Ipv4,
    /// An IPv6 address was expected.
    #[error("an IPv6 address is expected")]
    Ipv6,
    /// A prefix length or a mask was expected.
    #[error("a prefix length or a mask is expected")]
    Mask,
    /// A list of flags was expected.
    #[error("flags are expected: names with + or -, or names joined by |")]
    Flags,
    /// Bytes were expected.
    #[error("bytes are expected, two hexadecimal digits each")]
    Bytes,
    /// Bits of a field were expected.
    #[error("bits of a field are expected: field[], field[bit] or field[first..last]")]
    Subfield,
    /// Bits that the field does not have.
    #[error("the field has bits 0 to {last}")]
    BeyondField {
        /// Its last bit.
        last: u16,
    },
    /// Something between the parts is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// One of a few words was expected.
    #[error("expected is one of: {0}")]
    Choice(&'static str),
    /// Something that must not be there.
    #[error("{0}")]
    Rule(&'static str),
    /// Actions within actions, too deep.
    #[error("actions are nested deeper than {limit}")]
    TooDeep {
        /// How deep they may be.
        limit: usize,
    },
}

/// Text and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub text: &'a str,
    pub at: usize,
}

/// A key and what it is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub key: Span<'a>,
    pub value: Span<'a>,
}

const BLANKS: &[char] = &[' ', '\t', '\r', '\n'];
const BETWEEN: &[char] = &[',', ' ', '\t', '\r', '\n'];

impl<'a> Span<'a> {
    pub fn new(text: &'a str) -> Self {
        Span { text, at: 0 }
    }

    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// The part from byte `from` to byte `to`.
    pub fn part(self, from: usize, to: usize) -> Span<'a> {
        let text = self.text.get(from..to).unwrap_or_default();
        let at = self.at + from;
        Span { text, at }
    }

    /// The part from byte `from` on.
    pub fn from(self, from: usize) -> Span<'a> {
        self.part(from, self.text.len())
    }

    /// Without blanks around it.
    pub fn trim(self) -> Span<'a> {
        let start = self.text.len() - self.text.trim_start_matches(BLANKS).len();
        self.part(start, start + self.text.trim_matches(BLANKS).len())
    }

    /// What stands before and behind the first `separator`.
    pub fn split(self, separator: &str) -> Option<(Span<'a>, Span<'a>)> {
        let place = self.text.find(separator)?;
        Some((self.part(0, place), self.from(place + separator.len())))
    }

    /// The parts between `separator`s; none where there is nothing.
    pub fn parts(self, separator: char) -> impl Iterator<Item = Span<'a>> {
        let mut rest = (!self.is_empty()).then_some(self);
        std::iter::from_fn(move || {
            let now = rest?;
            match now.text.find(separator) {
                Some(place) => {
                    rest = Some(now.from(place + separator.len_utf8()));
                    Some(now.part(0, place))
                }
                None => {
                    rest = None;
                    Some(now)
                }
            }
        })
    }

    pub fn error(self, problem: TextProblem) -> ParseError {
        ParseError {
            offset: self.at,
            text: self.text.chars().take(64).collect(),
            problem,
        }
    }

    /// A number of up to `bits` bits, decimal or with 0x hexadecimal.
    pub fn number(self, bits: u16) -> Result<u128, ParseError> {
        let text = self.text;
        let (digits, radix) = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        let are_digits = digits.chars().all(|digit| digit.is_digit(radix));
        if digits.is_empty() || !are_digits {
            return Err(self.error(TextProblem::Number));
        }
        let number = u128::from_str_radix(digits, radix).ok();
        number
            .filter(|number| *number <= u128::MAX >> (128 - bits))
            .ok_or_else(|| self.error(TextProblem::TooBig { bits }))
    }

    pub fn u8(self) -> Result<u8, ParseError> {
        self.number(8).map(|number| number as u8)
    }

    pub fn u16(self) -> Result<u16, ParseError> {
        self.number(16).map(|number| number as u16)
    }

    pub fn u32(self) -> Result<u32, ParseError> {
        self.number(32).map(|number| number as u32)
    }

    pub fn u64(self) -> Result<u64, ParseError> {
        self.number(64).map(|number| number as u64)
    }

    /// The next key with its value, and what follows; `None` where only separators are left.
    ///
    /// A value begins after `:` or `=` and ends before a comma or a blank, or it is in parentheses;
    /// parentheses within it are passed over in pairs. `key(x)->y` has the value `x)->y`.
    pub fn pair(self) -> Option<(Pair<'a>, Span<'a>)> {
        let start = self.text.find(|c| !BETWEEN.contains(&c))?;
        let rest = self.from(start);
        let ends = |c: char| matches!(c, ':' | '=' | '(') || BETWEEN.contains(&c);
        let length = rest.text.find(ends).unwrap_or(rest.text.len());
        let key = rest.part(0, length);
        let behind = rest.from(length + 1);
        let (value, rest) = match rest.text.as_bytes().get(length) {
            Some(b':' | b'=') => behind.until(BETWEEN),
            Some(b'(') => {
                let (value, after) = behind.until(&[')']);
                if after.text.starts_with("->") {
                    let (target, after) = after.until(BETWEEN);
                    let whole = target.at + target.text.len() - behind.at;
                    (behind.part(0, whole), after)
                } else {
                    (value, after)
                }
            }
            _ => (key.from(length), rest.from(length)),
        };
        Some((Pair { key, value }, rest))
    }

    /// What stands before the first of `ends` that is not in parentheses, and behind it.
    fn until(self, ends: &[char]) -> (Span<'a>, Span<'a>) {
        let mut depth = 0usize;
        for (place, c) in self.text.char_indices() {
            match c {
                c if depth == 0 && ends.contains(&c) => {
                    return (self.part(0, place), self.from(place + c.len_utf8()));
                }
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        (self, self.from(self.text.len()))
    }
}
