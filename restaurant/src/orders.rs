//! Orders from files, and the sample that the demo sends where no file is named.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The order that a newcomer sees first.
const SAMPLE: &str = include_str!("../../examples/orders/01-dine-in-area-c.json");

/// Reads the named files, or gives the sample where none is named.
///
/// # Errors
/// Where a file cannot be read or is no JSON; the message names it.
pub fn read(files: &[PathBuf]) -> Result<Vec<Value>> {
    if files.is_empty() {
        return Ok(vec![serde_json::from_str(SAMPLE)?]);
    }
    files.iter().map(|file| read_one(file)).collect()
}

fn read_one(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_an_order() {
        let orders = read(&[]).unwrap();
        assert_eq!(orders[0]["tableNumber"], "C4");
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = read(&[PathBuf::from("no-such-order.json")]).unwrap_err();
        assert!(error.to_string().contains("no-such-order.json"));
    }
}
