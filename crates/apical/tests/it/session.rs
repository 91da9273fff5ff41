//! The session of the book, typed. `TRYCMD=overwrite cargo test -p apical --test it session` writes what is printed into it.

use std::fs;
use std::path::Path;

#[test]
fn the_session_of_the_book_is_true() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src");
    // what it writes is beside a copy
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("session.in")).unwrap();
    for name in ["session.md", "session.in/broken.swc", "session.in/repaired.swc"] {
        fs::copy(book.join(name), folder.path().join(name)).unwrap();
    }
    let copy = folder.path().join("session.md");
    trycmd::TestCases::new().case(&copy).run();
    if std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        fs::copy(copy, book.join("session.md")).unwrap();
    }
}
