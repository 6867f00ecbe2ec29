//! The table that `prove` ends with: what was measured, what must be, and whether the two agree.

use std::fmt;
use std::time::Duration;

/// What a check must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MustBe {
    /// Every one of those tried.
    All,
    /// None of those tried.
    None,
}

/// One measured figure: so many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many did.
    pub did: usize,
    /// How many were tried.
    pub tried: usize,
}

impl Count {
    /// Adds one try.
    pub fn add(&mut self, did: bool) {
        self.tried += 1;
        self.did += usize::from(did);
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was looked at.
    pub what: &'static str,
    /// What it must come to.
    pub must_be: MustBe,
    /// One figure per network.
    pub counts: Vec<Count>,
}

impl Row {
    /// A line without figures yet.
    #[must_use]
    pub fn new(what: &'static str, must_be: MustBe, columns: usize) -> Self {
        Self {
            what,
            must_be,
            counts: vec![Count::default(); columns],
        }
    }

    /// Adds one try in a column.
    pub fn add(&mut self, column: usize, did: bool) {
        if let Some(count) = self.counts.get_mut(column) {
            count.add(did);
        }
    }

    /// Whether every figure is as it must be; a check that tried nothing proves nothing.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counts.iter().all(|count| match self.must_be {
            MustBe::All => count.tried > 0 && count.did == count.tried,
            MustBe::None => count.tried > 0 && count.did == 0,
        })
    }
}

/// Whether one instance reached another, and whether it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// An instance and itself.
    Same,
    /// Measured `did` where `must` was expected.
    Measured {
        /// What was seen.
        did: bool,
        /// What must be.
        must: bool,
    },
}

/// All that was measured.
#[derive(Clone, Debug)]
pub struct Report {
    /// Networks, by heading.
    pub columns: Vec<String>,
    /// The checks.
    pub rows: Vec<Row>,
    /// Instances by name, in the order of `matrix`.
    pub instances: Vec<String>,
    /// Row reaches column.
    pub matrix: Vec<Vec<Reach>>,
    /// Median round trip within each network, in milliseconds.
    pub round_trip_ms: Vec<f64>,
    /// Time to create, plug and address everything.
    pub built_in: Duration,
    /// Time to measure.
    pub measured_in: Duration,
}

impl Report {
    /// Whether everything is as it must be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.rows.iter().all(Row::holds) && self.disagreements() == 0
    }

    fn disagreements(&self) -> usize {
        let wrong = |reach: &&Reach| matches!(reach, Reach::Measured { did, must } if did != must);
        self.matrix.iter().flatten().filter(wrong).count()
    }

    fn write_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:44}", "")?;
        for column in &self.columns {
            write!(f, "{column:>9}")?;
        }
        writeln!(f, "   must be")?;
        for row in &self.rows {
            write!(f, "{:44}", row.what)?;
            for count in &row.counts {
                write!(f, "{:>9}", format!("{}/{}", count.did, count.tried))?;
            }
            let must = match row.must_be {
                MustBe::All => "all",
                MustBe::None => "none",
            };
            writeln!(f, "   {must:5} {}", verdict(row.holds()))?;
        }
        write!(f, "{:44}", "round trip between nodes, median, ms")?;
        for time in &self.round_trip_ms {
            write!(f, "{time:>9.2}")?;
        }
        writeln!(f)
    }

    fn write_matrix(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Who reaches whom (row to column, by ping and by a frame to its MAC address):"
        )?;
        writeln!(f, "  # reached   . not reached   ! not as it must be\n")?;
        let width = self.instances.len() / self.columns.len().max(1);
        write!(f, "{:12}", "")?;
        for column in &self.columns {
            write!(f, " {column:<w$}", w = width * 2)?;
        }
        writeln!(f)?;
        for (name, reaches) in self.instances.iter().zip(&self.matrix) {
            write!(f, "{name:12}")?;
            for (index, reach) in reaches.iter().enumerate() {
                let gap = if index % width.max(1) == 0 { " " } else { "" };
                write!(f, "{gap}{} ", sign(*reach))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_rows(f)?;
        writeln!(f)?;
        self.write_matrix(f)?;
        let wrong = self.rows.iter().filter(|row| !row.holds()).count();
        writeln!(
            f,
            "\n{} instances plugged and addressed in {:.1} s, measured in {:.1} s",
            self.instances.len(),
            self.built_in.as_secs_f64(),
            self.measured_in.as_secs_f64()
        )?;
        writeln!(
            f,
            "{} of {} checks hold, {} of {} pairs are not as they must be: {}",
            self.rows.len() - wrong,
            self.rows.len(),
            self.disagreements(),
            self.instances.len() * self.instances.len().saturating_sub(1),
            verdict(self.holds())
        )
    }
}

fn verdict(holds: bool) -> &'static str {
    if holds { "ok" } else { "WRONG" }
}

fn sign(reach: Reach) -> char {
    match reach {
        Reach::Same => '-',
        Reach::Measured { did, must } if did != must => '!',
        Reach::Measured { did: true, .. } => '#',
        Reach::Measured { did: false, .. } => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(did: bool) -> Report {
        let mut row = Row::new("pings answered", MustBe::All, 1);
        row.add(0, did);
        Report {
            columns: vec!["flat".to_owned()],
            rows: vec![row],
            instances: vec!["flat-1".to_owned(), "flat-2".to_owned()],
            matrix: vec![
                vec![Reach::Same, Reach::Measured { did, must: true }],
                vec![
                    Reach::Measured {
                        did: true,
                        must: true,
                    },
                    Reach::Same,
                ],
            ],
            round_trip_ms: vec![0.5],
            built_in: Duration::from_secs(1),
            measured_in: Duration::from_secs(2),
        }
    }

    #[test]
    fn agreement_and_disagreement_are_told() {
        assert!(report(true).holds());
        assert!(
            report(true)
                .to_string()
                .contains("0 of 2 pairs are not as they must be: ok")
        );
        assert!(!report(false).holds());
        assert!(
            report(false)
                .to_string()
                .contains("1 of 2 pairs are not as they must be: WRONG")
        );
        assert!(report(false).to_string().contains("0/1   all   WRONG"));
    }

    #[test]
    fn a_check_that_tried_nothing_does_not_hold() {
        assert!(!Row::new("x", MustBe::None, 1).holds());
        assert!(!Row::new("x", MustBe::All, 1).holds());
    }
}
