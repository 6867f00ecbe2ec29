//! Schemas: the real one is read and agrees with a second judge, what the typed rows need is
//! checked, and bad ones are refused by name.

use ovsdb::schema::{AtomicType, ColumnType};
use ovsdb::testing::{VSWITCH_SCHEMA, vswitch_schema};
use ovsdb::vswitch::{self, Bridge, SchemaMismatch, TypedRow};
use ovsdb::{Schema, SchemaError};

#[test]
fn the_built_in_schema_is_the_installed_one() {
    if !crate::support::have_ovs() {
        return;
    }
    let installed = std::fs::read_to_string(crate::support::schema_file()).unwrap();
    let (installed, built_in) = (Schema::parse(&installed).unwrap(), vswitch_schema());
    if installed.version == built_in.version {
        assert_eq!(installed, built_in);
    }
    vswitch::check(&installed).unwrap();
}

#[test]
fn what_follows_from_the_schema_is_known() {
    let schema = vswitch_schema();
    let bridge = &schema.tables["Bridge"];
    assert_eq!(bridge.indexes, [["name"]]);
    assert!(!bridge.is_root && schema.tables["Open_vSwitch"].is_root);
    assert_eq!(schema.tables["Open_vSwitch"].max_rows, Some(1));
    assert!(!bridge.columns["name"].mutable && bridge.columns["ports"].mutable);
    assert!(schema.column("Interface", "statistics").unwrap().ephemeral);
    let interfaces = &schema.column("Port", "interfaces").unwrap().kind;
    assert_eq!((interfaces.min, interfaces.max), (1, usize::MAX));
    let weak = &schema.column("Mirror", "output_port").unwrap().kind;
    assert!(!weak.key.reference.as_ref().unwrap().strong);
    assert_eq!(
        schema.column("Port", "tag").unwrap().kind.key.integers,
        (0, 4095)
    );
}

/// The registry's `ovsdb` crate, as far as it can be asked: names and types of every column.
#[test]
fn a_second_judge_reads_the_same_columns() {
    let judge: ovsdb_schema::schema::Schema = VSWITCH_SCHEMA
        .replacen("\"version\"", "\"cksum\":\"\",\"version\"", 1)
        .parse()
        .unwrap();
    let ours = vswitch_schema();
    assert_eq!(judge.tables().len(), ours.tables.len());
    for table in judge.tables() {
        let known = &ours.tables[table.name()];
        assert_eq!(
            table.columns().len(),
            known.columns.len(),
            "{}",
            table.name()
        );
        for column in table.columns() {
            let kind: &ColumnType = &known.columns[column.name()].kind;
            let place = format!("{}.{}", table.name(), column.name());
            let name = |atomic: AtomicType| format!("{atomic:?}").to_lowercase();
            assert_eq!(
                column.kind().key().kind().to_string(),
                name(kind.key.atomic),
                "{place}"
            );
            let value = column.kind().value().map(|value| value.kind().to_string());
            assert_eq!(
                value,
                kind.value.as_ref().map(|v| name(v.atomic)),
                "{place}"
            );
            assert_eq!(column.kind().is_scalar(), kind.is_scalar(), "{place}");
            let target = kind.key.reference.as_ref().map(|r| r.table.as_str());
            assert_eq!(column.kind().key().ref_table(), target, "{place}");
        }
    }
}

#[test]
fn what_the_rows_need_is_checked_at_connect() {
    let schema = vswitch_schema();
    let selection = vswitch::check(&schema).unwrap();
    let followed = |table: &str, column: &str| {
        selection.tables()[table]
            .columns
            .iter()
            .any(|known| known == column)
    };
    assert!(followed("Interface", "ofport") && !followed("Interface", "statistics"));

    let mut without = schema.clone();
    without.tables.remove("Mirror");
    assert_eq!(
        vswitch::check(&without),
        Err(SchemaMismatch::Table { table: "Mirror" })
    );

    let mut without = schema.clone();
    without
        .tables
        .get_mut("Bridge")
        .unwrap()
        .columns
        .remove("ports");
    let error = SchemaMismatch::Column {
        table: Bridge::TABLE,
        column: "ports",
    };
    assert_eq!(vswitch::check(&without), Err(error));

    // An older schema lacks it, which is no harm.
    let mut without = schema.clone();
    without
        .tables
        .get_mut("Port")
        .unwrap()
        .columns
        .remove("protected");
    assert!(
        !vswitch::check(&without).unwrap().tables()["Port"]
            .columns
            .contains(&"protected".to_owned())
    );

    let mut other = schema;
    let integer = other.column("Port", "tag").unwrap().clone();
    other
        .tables
        .get_mut("Port")
        .unwrap()
        .columns
        .insert("vlan_mode".to_owned(), integer);
    let error = vswitch::check(&other).unwrap_err().to_string();
    assert_eq!(error, "column Port.vlan_mode does not hold optional String");
}

#[test]
fn bad_schemas_are_refused_by_name() {
    let column = |kind: &str| {
        format!(r#"{{"name":"D","tables":{{"T":{{"columns":{{"c":{{"type":{kind}}}}}}}}}}}"#)
    };
    Schema::parse(&column(
        r#"{"key":{"type":"integer","enum":["set",[1,2]]},"max":"unlimited"}"#,
    ))
    .unwrap();
    Schema::parse(&column(
        r#"{"key":{"type":"string","enum":"only"},"future":true}"#,
    ))
    .unwrap();
    for kind in [
        r#"{"key":"integer","max":"plenty"}"#,
        r#"{"key":"integer","max":0}"#,
        r#"{"key":"integer","max":-1}"#,
        r#"{"key":"integer","min":2,"max":3}"#,
        r#"{"key":"integer","min":"none"}"#,
        r#"{"key":{"type":"integer","enum":["set",["a"]]}}"#,
        r#"{"key":{"type":"integer","enum":["set",[]]}}"#,
        r#"{"key":{"type":"string","refTable":"T"}}"#,
        r#"{"key":{"type":"uuid","refTable":"Nowhere"}}"#,
        r#"{"key":{"type":"uuid","refTable":"T","refType":"loose"}}"#,
        r#""number""#,
        "5",
        "null",
        "{}",
        "[]",
    ] {
        Schema::parse(&column(kind)).expect_err(kind);
    }
    for text in [
        "",
        "{}",
        r#"{"name":"D","tables":[]}"#,
        r#"{"name":"D","tables":{"T":{"columns":[]}}}"#,
    ] {
        Schema::parse(text).expect_err(text);
    }
    let index = r#"{"name":"D","tables":{"T":{"columns":{},"indexes":[["x"]]}}}"#;
    assert!(matches!(
        Schema::parse(index),
        Err(SchemaError::UnknownIndexColumn { .. })
    ));
    let long = " ".repeat(ovsdb::schema::SCHEMA_BYTES_MAX + 1);
    assert!(matches!(
        Schema::parse(&long),
        Err(SchemaError::TooLong { .. })
    ));
}
