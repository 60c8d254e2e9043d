//! Spans of time as people write them: `90s`, `15m`, `12h`, `7d`.

use std::time::Duration;

/// Reads a whole number with a unit.
///
/// # Errors
/// What was expected, in words.
pub fn parse(text: &str) -> Result<Duration, String> {
    let expected = || format!("`{text}` is no span of time; write one such as 90s, 15m, 12h or 7d");
    let (number, unit) = text
        .char_indices()
        .next_back()
        .and_then(|(index, _)| text.split_at_checked(index))
        .ok_or_else(expected)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(expected()),
    };
    let number: u32 = number.parse().map_err(|_| expected())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_unit() {
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("12h"), Ok(Duration::from_secs(43_200)));
        for wrong in ["", "12", "h", "1.5h", "-1h", "1w", "1ü"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
