//! Priority bands. Within a table a flow of a higher band is asked first; flows of one band must
//! not overlap unless they say the same.

/// A band: its number, name and use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority {
    number: u16,
}

impl Priority {
    /// The number in the switch.
    pub const fn number(self) -> u16 {
        self.number
    }
}

macro_rules! priorities {
    ($( $(#[doc = $doc:literal])+ $NAME:ident = $number:literal; )+) => {
        $( $(#[doc = $doc])+ pub const $NAME: Priority = Priority { number: $number }; )+

        /// All bands with their names and uses, lowest first.
        pub const BANDS: &[(Priority, &str, &str)] =
            &[ $( ($NAME, stringify!($NAME), concat!($($doc),+)) ),+ ];

        const _: () = {
            let mut at = 1;
            while at < BANDS.len() {
                assert!(BANDS[at - 1].0.number < BANDS[at].0.number, "bands must be declared lowest first");
                at += 1;
            }
        };
    };
}

priorities! {
    /// What becomes of packets that nothing else matches.
    MISS = 0;
    /// A last resort for the packets of one network.
    FALLBACK = 100;
    /// A narrower case of `FALLBACK`.
    FALLBACK_SPECIFIC = 150;
    /// The ordinary case.
    NORMAL = 200;
    /// A narrower case of `NORMAL`.
    SPECIFIC = 250;
    /// An exception to the ordinary case.
    EXCEPTION = 300;
    /// What nobody may do, whatever else is allowed.
    GUARD = 400;
}
