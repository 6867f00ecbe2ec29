//! The declaration of options: one row gives a typed field, its default, its
//! range, its documentation and its place in the files.

/// One option, for documentation and for finding it in a file.
#[derive(Debug)]
pub struct OptionRow {
    /// The section without its brackets.
    pub section: &'static str,
    /// The option's name.
    pub name: &'static str,
    /// Another name of it in Neutron's files.
    pub alias: Option<&'static str>,
    /// The default, as it would be written in a file.
    pub default: &'static str,
    /// The lowest and the highest number in it.
    pub range: Option<(u64, u64)>,
    /// What is accepted.
    pub(super) accepts: fn() -> String,
    /// A value with its secrets left out.
    pub(super) shown: fn(&str) -> String,
    /// What it does.
    pub help: &'static str,
}

impl OptionRow {
    /// What is accepted, with the range of numbers.
    pub fn accepts(&self) -> String {
        let accepts = (self.accepts)();
        match self.range {
            Some((low, high)) if accepts.starts_with("a whole number") => {
                format!("a whole number from {low} to {high}")
            }
            Some((low, high)) => format!("{accepts}, numbers from {low} to {high}"),
            None => accepts,
        }
    }
}

/// Declares sections of options: for each a struct of typed fields, and the
/// rows of all in [`OPTIONS`](super::OPTIONS).
macro_rules! sections {
    ($(
        $(#[doc = $about:literal])+
        $field:ident: $Section:ident = $section:literal {
            $(
                $(#[doc = $help:literal])+
                $option:ident $(| $alias:literal)?: $type:ty = $default:literal $(, $low:literal..=$high:literal)?;
            )+
        }
    )+) => {
        /// Every option weft has, as typed values.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings {
            $( $(#[doc = $about])+ pub $field: $Section, )+
        }

        $(
            $(#[doc = $about])+
            #[derive(Clone, Debug, PartialEq)]
            pub struct $Section {
                $( $(#[doc = $help])+ pub $option: $type, )+
            }
        )+

        /// Every option weft has, in the order of the documentation.
        pub const OPTIONS: &[OptionRow] = &[$($(
            OptionRow {
                section: $section,
                name: stringify!($option),
                alias: $crate::config::table::optional!($($alias)?),
                default: $default,
                range: $crate::config::table::optional!($(($low, $high))?),
                accepts: <$type as Value>::accepts,
                shown: <$type as Value>::shown,
                help: concat!($($help, "\n"),+),
            },
        )+)+];

        /// What each section is about.
        pub const SECTIONS: &[(&str, &str)] = &[$( ($section, concat!($($about, "\n"),+)), )+];

        impl Settings {
            /// Reads every option, noting what is wrong; a default stands in for it.
            pub(super) fn read(given: &mut Given) -> Option<Self> {
                // All are read before any is missed, so that all faults are found at once.
                $( let $field = $Section::read(given); )+
                Some(Settings { $( $field: $field?, )+ })
            }
        }

        $(
            impl $Section {
                fn read(given: &mut Given) -> Option<Self> {
                    $( let $option = given.value($section, stringify!($option)); )+
                    Some($Section { $( $option: $option?, )+ })
                }
            }
        )+
    };
}

/// `None`, or `Some` of what is there.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

pub(super) use {optional, sections};
