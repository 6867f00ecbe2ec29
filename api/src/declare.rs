//! `resource!`: one declaration from which a resource's record, `Create`, `Update`, derived part and
//! attribute table are made.
//!
//! ```text
//! resource! {
//!     /// What it is.
//!     Network("network", "networks", missing "NetworkNotFound")
//!         = create NetworkCreate, update NetworkUpdate, derived NetworkDerived, tagged by tags;
//!     stored {
//!         /// What the attribute is.
//!         field: Type = "json_name" { "extension-alias", post(…), put yes|no, Check::…, [filter sort] }
//!     }
//!     input    { … }      taken by POST, not kept: as above, without put and flags
//!     asked    { … }      taken by POST and PUT, not kept, and shown as `View::derived` makes it; may be left out
//!     derived  { … }      a field of NetworkDerived, made by `View::derived`
//!     computed { … }      shown, but follows from the record: `|record| EXPR`
//!     filters  { … }      names that only filter
//!     private  { … }      kept, never shown
//! }
//! ```
//!
//! `"networks" at "path"` where the collection's path is spelt otherwise than the key of documents. No
//! `create`, no `update`: clients cannot. `tagged by` names the field that holds tags.
//!
//! Flags: `filter` and `sort` for lists, `hidden` to be filtered by but not shown; `shown_if` limits an
//! attribute to some records, but in the answer to their POST, and `; only_if` limits it there too. Who
//! may set or see an attribute is said by the policies of its name.
//!
//! `post(nobody)`, `post(required)`, `post(optional)` (an `Option` in `Create`; the service decides
//! where it is `None`) or `post(default EXPR)`. An `Update`'s fields are all `Option`: `None` leaves
//! the attribute alone, and for a nullable attribute `Some(None)` clears it.

/// Declares a resource; see the module's text for the grammar.
macro_rules! resource {
    (
        $(#[doc = $about:literal])+
        $Record:ident($name:literal, $plural:literal $(at $path:literal)?, missing $missing:literal)
            = $(create $Create:ident,)? $(update $Update:ident,)? derived $Derived:ident $(, tagged by $tags:ident)?;
        stored { $(
            $(#[doc = $doc:literal])+
            $field:ident: $ty:ty = $json:literal
                { $ext:literal, post $post:tt, put $put:ident, $check:expr, [$($flag:ident)*] $(shown_if $if:expr)? $(; only_if $only:expr)? }
        )* }
        input { $(
            $(#[doc = $idoc:literal])+
            $ifield:ident: $ity:ty = $ijson:literal { $iext:literal, post $ipost:tt, $icheck:expr }
        )* }
        $( asked { $(
            $(#[doc = $adoc:literal])+
            $afield:ident: $aty:ty = $ajson:literal
                { $aext:literal, post $apost:tt, put $aput:ident, $acheck:expr, [$($aflag:ident)*] $(; only_if $aonly:expr)? }
        )* } )?
        derived { $(
            $(#[doc = $ddoc:literal])+
            $dfield:ident: $dty:ty = $djson:literal { $dext:literal, [$($dflag:ident)*] }
        )* }
        computed { $(
            $(#[doc = $cdoc:literal])+
            $cjson:literal: $cty:ty = |$r:ident| $value:expr, { $cext:literal, post $cpost:tt, [$($cflag:ident)*] }
        )* }
        filters { $( $fjson:literal { $fext:literal, $ffield:ident by $fmake:path } )* }
        private { $(
            $(#[doc = $pdoc:literal])+
            $pfield:ident: $pty:ty;
        )* }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Default, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(default)]
        pub struct $Record {
            $( $(#[doc = $doc])+ #[serde(rename = $json)] pub $field: $ty, )*
            $( $(#[doc = $pdoc])+ pub $pfield: $pty, )*
        }

        #[doc = concat!("What documents of a ", $name, " show beyond the record.")]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $Derived {
            $($( $(#[doc = $adoc])+ pub $afield: $aty, )*)?
            $( $(#[doc = $ddoc])+ pub $dfield: $dty, )*
        }

        $crate::declare::create! {
            body $name [$($Create)?] $Record [] [] [] []
            $( { [$($doc)+] $field, $ty, $json, $post, $check, kept } )*
            $( { [$($idoc)+] $ifield, $ity, $ijson, $ipost, $icheck, dropped } )*
            $($( { [$($adoc)+] $afield, $aty, $ajson, $apost, $acheck, dropped } )*)?
        }

        $crate::declare::update! {
            body $name [$($Update)?] $Record [] [] [] []
            $( { [$($doc)+] $field, $ty, $json, $put, $check, kept } )*
            $($( { [$($adoc)+] $afield, $aty, $ajson, $aput, $acheck, dropped } )*)?
        }

        impl $crate::Resource for $Record {
            type Derived = $Derived;
            const KIND: $crate::Kind = $crate::Kind::$Record;
            const NAME: &'static str = $name;
            const PLURAL: &'static str = $plural;
            const PATH: &'static str = $crate::declare::first!($($path,)? $plural,);
            const TAGGED: bool = $crate::declare::first!($( { stringify!($tags); true }, )? false,);
            const ABOUT: &'static str = concat!($($about),+);
            const NOT_FOUND: &'static str = $missing;

            fn attributes() -> &'static [$crate::Attribute<Self>] {
                static ROWS: &[$crate::Attribute<$Record>] = &[
                    $( $crate::declare::row! {
                        $json, concat!($($doc),+), $ext, $post, $put, false, [$($flag)*], [$($if)?], [$($only)?],
                        $ty, $check, |record, _derived| record.$field
                    }, )*
                    $($( $crate::declare::row! {
                        $ajson, concat!($($adoc),+), $aext, $apost, $aput, true, [$($aflag)*], [], [$($aonly)?],
                        $aty, $acheck, |_record, derived| derived.$afield
                    }, )*)?
                    $( $crate::declare::row! {
                        $djson, concat!($($ddoc),+), $dext, (nobody), no, true, [$($dflag)*], [], [],
                        $dty, $crate::Check::None, |_record, derived| derived.$dfield
                    }, )*
                    $( $crate::declare::row! {
                        $cjson, concat!($($cdoc),+), $cext, $cpost, no, false, [$($cflag)*], [], [],
                        $cty, $crate::Check::None, |$r, _derived| $value
                    }, )*
                    $( $crate::Attribute {
                        name: $ijson,
                        doc: concat!($($idoc),+),
                        extension: $iext,
                        post: $crate::declare::post!($ipost),
                        put: false,
                        is_default: $crate::declare::is_default!($ipost, $ity, $icheck),
                        visible: false,
                        derived: false,
                        nullable: <$ity as $crate::Value>::NULLABLE,
                        filter: None,
                        sort: None,
                        write: |_, _, _| {},
                        shown_if: None,
                        only_if: None,
                        schema: || <$ity as $crate::Value>::schema(&$icheck),
                        input_schema: || <$ity as $crate::Value>::input_schema(&$icheck),
                    }, )*
                    $( $crate::Attribute {
                        name: $fjson,
                        doc: "Filters only.",
                        extension: $fext,
                        post: $crate::Post::Nobody,
                        put: false,
                        is_default: |_| false,
                        visible: false,
                        derived: false,
                        nullable: false,
                        filter: Some(|texts| {
                            let test = $fmake(texts)?;
                            Ok(Box::new(move |record: &$Record, _: &$Derived| test(&record.$ffield)))
                        }),
                        sort: None,
                        write: |_, _, _| {},
                        shown_if: None,
                        only_if: None,
                        schema: || ::serde_json::json!({"type": "string"}),
                        input_schema: || ::serde_json::json!({"type": "string"}),
                    }, )*
                ];
                ROWS
            }

            fn id(&self) -> ::uuid::Uuid {
                self.id
            }

            fn project(&self) -> Option<&str> {
                $crate::declare::project!(self, $($field)*)
            }

            fn tags(&self) -> Option<&Vec<String>> {
                $crate::declare::tags!(self, & $($tags)?)
            }

            fn tags_mut(&mut self) -> Option<&mut Vec<String>> {
                $crate::declare::tags!(self, &mut $($tags)?)
            }

            fn of(record: &$crate::Record) -> Option<&::std::sync::Arc<Self>> {
                match record {
                    $crate::Record::$Record(record) => Some(record),
                    _ => None,
                }
            }

            fn record(row: &::std::sync::Arc<Self>) -> $crate::Record {
                $crate::Record::$Record(::std::sync::Arc::clone(row))
            }

            fn derived_of(derived: $crate::Derived) -> Option<$Derived> {
                match derived {
                    $crate::Derived::$Record(derived) => Some(derived),
                    _ => None,
                }
            }
        }
    };
}

/// One row of the attribute table, its value given as a place or value over record and derived part.
macro_rules! row {
    (
        $json:expr, $doc:expr, $ext:expr, $post:tt, $put:ident, $derived:expr, [$($flag:ident)*], [$($if:expr)?], [$($only:expr)?],
        $ty:ty, $check:expr, |$r:ident, $d:ident| $value:expr
    ) => {
        $crate::Attribute {
            name: $json,
            doc: $doc,
            extension: $ext,
            post: $crate::declare::post!($post),
            put: $crate::declare::yes!($put),
            is_default: $crate::declare::is_default!($post, $ty, $check),
            visible: $crate::declare::flag!(hidden [$($flag)*] false, true),
            derived: $derived,
            nullable: <$ty as $crate::Value>::NULLABLE,
            filter: $crate::declare::flag!(filter [$($flag)*] Some(|texts| {
                let test = <$ty as $crate::Value>::test(texts)?;
                Ok(Box::new(move |$r, $d| test(&$value)))
            }), None),
            sort: $crate::declare::flag!(sort [$($flag)*] Some(|a, b| {
                let $r = a;
                let first: &$ty = &$value;
                let $r = b;
                let second: &$ty = &$value;
                <$ty as $crate::Value>::order(first, second)
            }), None),
            write: |$r, $d, out| $crate::attribute::write(&$value, out),
            shown_if: $crate::declare::maybe!($($if)?),
            only_if: $crate::declare::maybe!($($only)?),
            schema: || <$ty as $crate::Value>::schema(&$check),
            input_schema: || <$ty as $crate::Value>::input_schema(&$check),
        }
    };
}

/// Collects the rows POST takes into a `Create`: fields, how each is read, its default, and how it
/// goes into a record.
macro_rules! create {
    ($body:ident $name:literal [] $($rest:tt)*) => {};
    ($body:ident $name:literal [$Create:ident] $($rest:tt)*) => {
        $crate::declare::create! { $body $name $Create $($rest)* }
    };
    ($body:ident $name:literal $Create:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($v:tt)*] [$($a:tt)*]
        { [$($doc:tt)+] $field:ident, $ty:ty, $json:literal, (nobody), $check:expr, $kept:ident } $($rest:tt)*
    ) => {
        $crate::declare::create! {
            $body $name $Create $Record [$($f)*] [$($p)*] [$($v)*] [$($a)*] $($rest)*
        }
    };
    ($body:ident $name:literal $Create:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($v:tt)*] [$($a:tt)*]
        { [$($doc:tt)+] $field:ident, $ty:ty, $json:literal, (required), $check:expr, $kept:ident } $($rest:tt)*
    ) => {
        $crate::declare::create! {
            $body $name $Create $Record
            [$($f)* $(#[doc = $doc])+ pub $field: <$ty as $crate::Value>::Input,]
            [$($p)* $field: $body.required::<$ty>($json, &$check)?,]
            [$($v)* $field: Default::default(),]
            [$($a)* { $kept $field given $ty }]
            $($rest)*
        }
    };
    ($body:ident $name:literal $Create:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($v:tt)*] [$($a:tt)*]
        { [$($doc:tt)+] $field:ident, $ty:ty, $json:literal, (default $default:expr), $check:expr, $kept:ident } $($rest:tt)*
    ) => {
        $crate::declare::create! {
            $body $name $Create $Record
            [$($f)* $(#[doc = $doc])+ pub $field: <$ty as $crate::Value>::Input,]
            [$($p)* $field: match $body.optional::<$ty>($json, &$check)? {
                Some(value) => value,
                None => $default,
            },]
            [$($v)* $field: $default,]
            [$($a)* { $kept $field given $ty }]
            $($rest)*
        }
    };
    ($body:ident $name:literal $Create:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($v:tt)*] [$($a:tt)*]
        { [$($doc:tt)+] $field:ident, $ty:ty, $json:literal, (optional), $check:expr, $kept:ident } $($rest:tt)*
    ) => {
        $crate::declare::create! {
            $body $name $Create $Record
            [$($f)* $(#[doc = $doc])+ pub $field: Option<<$ty as $crate::Value>::Input>,]
            [$($p)* $field: $body.optional::<$ty>($json, &$check)?,]
            [$($v)* $field: None,]
            [$($a)* { $kept $field asked $ty }]
            $($rest)*
        }
    };
    ($body:ident $name:literal $Create:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($v:tt)*]
        [$( { $kept:ident $field:ident $how:ident $ty:ty } )*]
    ) => {
        #[doc = concat!("A ", $name, " as a POST asks for it, defaults filled.")]
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Create { $($f)* }

        impl Default for $Create {
            /// Every default that is declared; required attributes are empty.
            fn default() -> Self {
                Self { $($v)* }
            }
        }

        impl $Create {
            /// Reads a body whose attribute names were checked.
            pub(crate) fn read($body: &$crate::attribute::Fields) -> Result<Self, $crate::ApiError> {
                Ok(Self { $($p)* })
            }

            /// The project that is to own it; `None` where no project owns such records.
            pub fn project(&self) -> Option<&str> {
                $crate::declare::project!(self, $($field)*)
            }

            /// A record with everything this request alone determines; the rest is as in
            /// `Default`.
            pub fn into_record(self) -> $Record {
                let asked = self;
                let mut record = $Record::default();
                $( $crate::declare::settle!($kept $how asked record $field $ty); )*
                record
            }
        }
    };
}

/// Moves one asked-for value into a record, where the request alone determines it.
macro_rules! settle {
    (dropped $how:ident $asked:ident $record:ident $field:ident $ty:ty) => {};
    (kept given $asked:ident $record:ident $field:ident $ty:ty) => {
        if let Some(value) = <$ty as $crate::Value>::settle($asked.$field) {
            $record.$field = value;
        }
    };
    (kept asked $asked:ident $record:ident $field:ident $ty:ty) => {
        if let Some(value) = $asked.$field.and_then(<$ty as $crate::Value>::settle) {
            $record.$field = value;
        }
    };
}

/// Collects the rows PUT takes into an `Update`.
macro_rules! update {
    ($body:ident $name:literal [] $($rest:tt)*) => {};
    ($body:ident $name:literal [$Update:ident] $($rest:tt)*) => {
        $crate::declare::update! { $body $name $Update $($rest)* }
    };
    ($body:ident $name:literal $Update:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($a:tt)*] [$($n:tt)*]
        { [$($doc:tt)+] $field:ident, $ty:ty, $json:literal, no, $check:expr, $kept:ident } $($rest:tt)*
    ) => {
        $crate::declare::update! {
            $body $name $Update $Record [$($f)*] [$($p)*] [$($a)*] [$($n)*] $($rest)*
        }
    };
    ($body:ident $name:literal $Update:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$($a:tt)*] [$($n:tt)*]
        { [$($doc:tt)+] $field:ident, $ty:ty, $json:literal, yes, $check:expr, $kept:ident } $($rest:tt)*
    ) => {
        $crate::declare::update! {
            $body $name $Update $Record
            [$($f)* $(#[doc = $doc])+ pub $field: Option<<$ty as $crate::Value>::Input>,]
            [$($p)* $field: $body.optional::<$ty>($json, &$check)?,]
            [$($a)* { $kept $field $ty }]
            [$($n)*]
            $($rest)*
        }
    };
    ($body:ident $name:literal $Update:ident $Record:ident [$($f:tt)*] [$($p:tt)*] [$( { $kept:ident $field:ident $ty:ty } )*] [$($n:tt)*]) => {
        #[doc = concat!("A change of a ", $name, ": `None` leaves an attribute as it is.")]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $Update { $($f)* }

        impl $Update {
            /// Reads a body whose attribute names were checked.
            pub(crate) fn read($body: &$crate::attribute::Fields) -> Result<Self, $crate::ApiError> {
                Ok(Self { $($p)* })
            }

            /// Overwrites in `record` what is named here and determined by the request alone
            /// (whole fixed IPs and address pairs with a MAC are; others are the service's to
            /// complete).
            pub fn apply(self, record: &mut $Record) {
                let asked = self;
                $( $crate::declare::settle!($kept asked asked record $field $ty); )*
            }
        }
    };
}

macro_rules! post {
    ((nobody)) => {
        $crate::Post::Nobody
    };
    ((required)) => {
        $crate::Post::Required
    };
    ((optional)) => {
        $crate::Post::Optional
    };
    ((default $default:expr)) => {
        $crate::Post::Defaulted
    };
}

/// The first of some expressions.
macro_rules! first {
    ($first:expr, $($rest:tt)*) => {
        $first
    };
}

/// A reference to the field that holds tags, or none.
macro_rules! tags {
    ($record:tt, &) => {
        None
    };
    ($record:tt, &mut) => {
        None
    };
    ($record:tt, & $tags:ident) => {
        Some(&$record.$tags)
    };
    ($record:tt, &mut $tags:ident) => {
        Some(&mut $record.$tags)
    };
}

/// The field that names the owning project, or none.
macro_rules! project {
    ($record:tt,) => {
        None
    };
    ($record:tt, project_id $($rest:ident)*) => {
        Some(&$record.project_id)
    };
    ($record:tt, $skip:ident $($rest:ident)*) => {
        $crate::declare::project!($record, $($rest)*)
    };
}

macro_rules! yes {
    (yes) => {
        true
    };
    (no) => {
        false
    };
}

/// Whether a JSON value is the declared default.
macro_rules! is_default {
    ((default $default:expr), $ty:ty, $check:expr) => {
        |json| {
            let default: <$ty as $crate::Value>::Input = $default;
            <$ty as $crate::Value>::parse(json, &$check).is_ok_and(|value| value == default)
        }
    };
    ($other:tt, $ty:ty, $check:expr) => {
        |_| false
    };
}

macro_rules! maybe {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// `$then` where the word stands in the list, else `$other`.
macro_rules! flag {
    ($word:ident [] $then:expr, $other:expr) => { $other };
    (filter [filter $($rest:ident)*] $then:expr, $other:expr) => { $then };
    (sort [sort $($rest:ident)*] $then:expr, $other:expr) => { $then };
    (hidden [hidden $($rest:ident)*] $then:expr, $other:expr) => { $then };
    ($word:ident [$skip:ident $($rest:ident)*] $then:expr, $other:expr) => {
        $crate::declare::flag!($word [$($rest)*] $then, $other)
    };
}

pub(crate) use {
    create, first, flag, is_default, maybe, post, project, resource, row, settle, tags, update, yes,
};
