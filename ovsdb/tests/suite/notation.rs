//! The notation: what is written is read back, what is no notation is refused, and differences
//! turn one value into the other.

use ovsdb::notation::Real;
use ovsdb::schema::{AtomicType, BaseType, ColumnType};
use ovsdb::{Atom, Datum, Map, NamedUuid, Set, Uuid};
use proptest::prelude::*;

fn atom() -> impl Strategy<Value = Atom> {
    prop_oneof![
        any::<i64>().prop_map(Atom::Integer),
        any::<bool>().prop_map(Atom::Boolean),
        any::<String>().prop_map(Atom::from),
        "[a-z\"\\\\{}\\[\\]]{0,6}".prop_map(Atom::from),
        any::<u128>().prop_map(|n| Atom::Uuid(Uuid::from_u128(n))),
        "[a-zA-Z_][a-zA-Z0-9_]{0,9}".prop_map(|name| Atom::Named(NamedUuid::new(&name).unwrap())),
        any::<f64>().prop_filter_map("finite", |n| Real::new(n).map(Atom::Real)),
    ]
}

fn datum() -> impl Strategy<Value = Datum> {
    let set = prop::collection::vec(atom(), 0..9);
    let map = prop::collection::vec((atom(), atom()), 0..9);
    prop_oneof![
        atom().prop_map(Datum::Atom),
        set.prop_map(|atoms| Datum::Set(atoms.into_iter().collect())),
        map.prop_map(|pairs| Datum::Map(pairs.into_iter().collect())),
    ]
}

fn of(atomic: AtomicType, value: Option<AtomicType>, min: usize, max: usize) -> ColumnType {
    ColumnType {
        key: BaseType::plain(atomic),
        value: value.map(BaseType::plain),
        min,
        max,
    }
}

fn integer_set() -> impl Strategy<Value = Datum> {
    let numbers = prop::collection::vec(0..12_i64, 0..9);
    numbers.prop_map(|n| Datum::Set(n.into_iter().map(Atom::from).collect()))
}

fn integer_map() -> impl Strategy<Value = Datum> {
    let pairs = prop::collection::vec((0..8_i64, 0..3_i64), 0..9);
    pairs.prop_map(|p| Datum::Map(p.into_iter().map(|(k, v)| (k.into(), v.into())).collect()))
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(datum in datum()) {
        let json = serde_json::to_string(&datum).unwrap();
        prop_assert_eq!(serde_json::from_str::<Datum>(&json).unwrap(), datum);
    }

    #[test]
    fn differences_of_sets_apply(old in integer_set(), new in integer_set()) {
        let kind = of(AtomicType::Integer, None, 0, usize::MAX);
        let difference = kind.difference(&old, &new);
        prop_assert_eq!(kind.apply_difference(&old, difference).unwrap(), new);
    }

    #[test]
    fn differences_of_maps_apply(old in integer_map(), new in integer_map()) {
        let kind = of(AtomicType::Integer, Some(AtomicType::Integer), 0, usize::MAX);
        let difference = kind.difference(&old, &new);
        prop_assert_eq!(kind.apply_difference(&old, difference).unwrap(), new);
    }

    #[test]
    fn sets_and_maps_keep_their_order(atoms in prop::collection::vec(atom(), 0..20)) {
        let set: Set = atoms.iter().cloned().collect();
        let mut grown = Set::new();
        for atom in &atoms {
            grown.insert(atom.clone());
        }
        prop_assert_eq!(&set, &grown);
        prop_assert!(atoms.iter().all(|atom| set.contains(atom)));
        let pairs = || atoms.iter().enumerate().map(|(n, k)| (k.clone(), Atom::from(n as i64)));
        let map: Map = pairs().collect();
        let mut grown = Map::new();
        for (k, v) in pairs() {
            grown.insert(k, v);
        }
        prop_assert_eq!(&map, &grown);
        for (k, _) in pairs() {
            prop_assert!(grown.remove(&k).is_some() != grown.get(&k).is_some() || atoms.len() > set.len());
        }
    }

    #[test]
    fn any_text_gives_a_value_or_an_error(text in "\\PC{0,40}") {
        let _ = serde_json::from_str::<Datum>(&text);
    }
}

#[test]
fn the_spelling_is_that_of_the_rfc() {
    // Examples of RFC 7047 §5.1 and ovsdb-server's habit of bare atoms.
    let uuid = Uuid::from_u128(0x550e_8400_e29b_41d4_a716_4466_5544_0000);
    for (json, datum) in [
        ("5", Datum::from(5_i64)),
        ("true", Datum::from(true)),
        (
            r#"["uuid","550e8400-e29b-41d4-a716-446655440000"]"#,
            Datum::from(uuid),
        ),
        (
            r#"["named-uuid","row1"]"#,
            Datum::from(NamedUuid::new("row1").unwrap()),
        ),
        (r#"["set",[]]"#, Datum::Set(Set::new())),
        (
            r#"["set",["a","b"]]"#,
            Datum::Set(["b".into(), "a".into()].into_iter().collect()),
        ),
        (
            r#"["map",[["k",1]]]"#,
            Datum::Map([("k".into(), 1_i64.into())].into_iter().collect()),
        ),
    ] {
        assert_eq!(
            serde_json::from_str::<Datum>(json).unwrap(),
            datum,
            "{json}"
        );
        assert_eq!(serde_json::to_string(&datum).unwrap(), json);
    }
}

#[test]
fn what_is_no_notation_is_refused() {
    for json in [
        "null",
        "{}",
        "[]",
        "[1]",
        r#"["uuid"]"#,
        r#"["uuid","x"]"#,
        r#"["uuid",5]"#,
        r#"["named-uuid","1x"]"#,
        r#"["named-uuid",""]"#,
        r#"["set"]"#,
        r#"["set",1]"#,
        r#"["set",[["set",[]]]]"#,
        r#"["set",[1,1]]"#,
        r#"["map",[[1]]]"#,
        r#"["map",[[1,2,3]]]"#,
        r#"["map",[[1,2],[1,3]]]"#,
        r#"["set",[],1]"#,
        r#"["bag",[]]"#,
        "1e999",
    ] {
        assert!(serde_json::from_str::<Datum>(json).is_err(), "{json}");
    }
}

#[test]
fn a_column_gives_a_value_its_one_form() {
    let one = |n: i64| Datum::Set([n.into()].into_iter().collect());
    let scalar = of(AtomicType::Integer, None, 1, 1);
    assert_eq!(scalar.normalise(one(5)).unwrap(), 5_i64.into());
    assert!(scalar.normalise(Datum::Set(Set::new())).is_err());
    assert!(scalar.normalise("5".into()).is_err());
    let real = Datum::Atom(Atom::Real(Real::new(5.0).unwrap()));
    assert_eq!(scalar.normalise(real.clone()).unwrap(), 5_i64.into());
    let half = Datum::Atom(Atom::Real(Real::new(0.5).unwrap()));
    assert!(scalar.normalise(half).is_err());
    assert_eq!(
        of(AtomicType::Real, None, 1, 1)
            .normalise(5_i64.into())
            .unwrap(),
        real
    );

    let optional = of(AtomicType::Integer, None, 0, 1);
    assert_eq!(optional.normalise(5_i64.into()).unwrap(), one(5));
    assert_eq!(optional.default_datum(), Datum::Set(Set::new()));
    // At most one element: a difference is the new value, also where it is none.
    assert_eq!(
        optional.apply_difference(&one(5), 6_i64.into()).unwrap(),
        one(6)
    );
    let none = Datum::Set(Set::new());
    assert_eq!(
        optional.apply_difference(&one(5), none.clone()).unwrap(),
        none
    );

    let map = of(AtomicType::String, Some(AtomicType::String), 0, usize::MAX);
    assert!(map.normalise("x".into()).is_err());
    assert_eq!(map.default_datum(), Datum::Map(Map::new()));
}
