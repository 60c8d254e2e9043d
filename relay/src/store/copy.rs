//! A store as a file: copied while it is written, and looked through.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// Problems that are named; a damaged file can have millions.
const PROBLEMS: u32 = 10;

/// Writes a consistent copy of the store at `from` to `to`, which must not exist. A relay may write meanwhile.
///
/// # Errors
/// What SQLite says; a part of `to` may then be there.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let conn = open(from)?;
    conn.execute("VACUUM INTO ?1", [to.display().to_string()])?;
    Ok(())
}

/// What is wrong with the store's file: nothing, in a sound one.
///
/// # Errors
/// Where it cannot be read as a database at all.
pub fn problems(file: &Path) -> Result<Vec<String>, StoreError> {
    let conn = open(file)?;
    let mut look = conn.prepare(&format!("PRAGMA quick_check({PROBLEMS})"))?;
    let said = look.query_map([], |row| row.get::<_, String>(0))?;
    let said: Result<Vec<_>, _> = said.collect();
    Ok(said?.into_iter().filter(|line| line != "ok").collect())
}

fn open(file: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    )?;
    conn.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_what_was_committed_and_a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let writer = Connection::open(&from).unwrap();
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a);")
            .unwrap();
        for n in 0..2000 {
            writer
                .execute("INSERT INTO t VALUES (?1)", [format!("row {n}")])
                .unwrap();
        }
        copy(&from, &to).unwrap();
        let count: i64 = Connection::open(&to)
            .unwrap()
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 2000);
        assert_eq!(problems(&to).unwrap(), [""; 0]);

        let mut bytes = std::fs::read(&to).unwrap();
        for byte in bytes.iter_mut().skip(4096 * 3).step_by(61) {
            *byte ^= 0x55;
        }
        std::fs::write(&to, bytes).unwrap();
        assert!(problems(&to).map_or(true, |found| !found.is_empty()));
    }
}
