//! Amounts: exact decimals, printed as the currency is written.

use rust_decimal::Decimal;
use serde_json::Value;

/// An amount from JSON: a number by its shortest text, or a string. Never through a binary float.
pub(super) fn amount(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => match number.as_i64() {
            Some(whole) => return Some(Decimal::from(whole)),
            None => number.to_string(),
        },
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// An amount for templates; nothing is an empty text.
pub(super) fn shown(amount: Option<Decimal>, currency: &str) -> minijinja::Value {
    amount.map_or_else(|| "".into(), |amount| written(amount, currency).into())
}

/// An amount with the currency's usual decimals and grouping, without the currency's name.
pub(super) fn written(amount: Decimal, currency: &str) -> String {
    let digits = digits(currency);
    let rounded = amount.round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{rounded:.*}", usize::try_from(digits).unwrap_or(2));
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let (group, point) = if matches!(currency, "IDR" | "VND") {
        ('.', ',')
    } else {
        (',', '.')
    };
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(group);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

/// Decimals of a currency as ISO 4217 has them; the rupiah's, which nobody uses, are left out.
fn digits(currency: &str) -> u32 {
    match currency {
        "IDR" | "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "XPF" | "RWF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_exact_and_written_as_the_currency_is() {
        let text = |value: Value, currency| written(amount(&value).unwrap(), currency);
        assert_eq!(text(json!(12.5), "EUR"), "12.50");
        assert_eq!(text(json!("0.10"), "USD"), "0.10");
        assert_eq!(text(json!(1234567.891), "EUR"), "1,234,567.89");
        assert_eq!(text(json!(85000), "IDR"), "85.000");
        assert_eq!(text(json!("-3.2"), "KWD"), "-3.200");
        assert_eq!(text(json!(1.005), "EUR"), "1.01");
        assert_eq!(amount(&json!("abc")), None);
    }
}
