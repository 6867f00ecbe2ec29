//! `docs/pipeline.md` is what the declarations print. `UPDATE=1` writes it.

use std::fs;
use std::path::Path;

#[test]
fn the_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipeline.md");
    let fresh = weft::compile::document();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &fresh).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == fresh,
        "docs/pipeline.md is not what src/compile declares; write it with UPDATE=1 cargo test --test compile"
    );
}
