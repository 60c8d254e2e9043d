//! Where a row's Chinese characters are from: one character has other forms in Japan, Korea, Taiwan and Hong Kong.

/// Whose forms are looked for first. Fonts that have several carry them as faces of their own, such as
/// `Noto Sans CJK JP`; a font with one form draws that one for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// Nobody asked: the first font that has the character.
    Any,
    China,
    HongKong,
    Taiwan,
    Japan,
    Korea,
}

impl Region {
    /// Every region, in the order of their numbers.
    pub(super) const ALL: [Self; 6] = [
        Self::Any,
        Self::China,
        Self::HongKong,
        Self::Taiwan,
        Self::Japan,
        Self::Korea,
    ];

    /// The region that a language tag means (BCP 47, in any case, `_` for `-` too), such as `ja` or `zh-Hant-HK`.
    pub(super) fn of(lang: Option<&str>) -> Self {
        let lang = lang.unwrap_or("").to_lowercase().replace('_', "-");
        let mut parts = lang.split('-');
        let language = parts.next();
        let rest: Vec<&str> = parts.collect();
        let has = |part: &str| rest.contains(&part);
        match language {
            Some("ja") => Self::Japan,
            Some("ko") => Self::Korea,
            Some("yue") => Self::HongKong,
            Some("zh") if has("hk") || has("mo") => Self::HongKong,
            Some("zh") if has("tw") || has("hant") => Self::Taiwan,
            Some("zh") => Self::China,
            _ => Self::Any,
        }
    }

    /// The locale by which the shaping library orders its fallback fonts; the one for nobody in particular is English.
    pub(super) fn locale(self) -> &'static str {
        match self {
            Self::Any => "en-US",
            Self::China => "zh-CN",
            Self::HongKong => "zh-HK",
            Self::Taiwan => "zh-TW",
            Self::Japan => "ja",
            Self::Korea => "ko",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_tag_means_a_region() {
        for (lang, region) in [
            ("ja", Region::Japan),
            ("ja-JP", Region::Japan),
            ("ko_KR", Region::Korea),
            ("zh", Region::China),
            ("zh-Hans-SG", Region::China),
            ("zh-tw", Region::Taiwan),
            ("zh-Hant", Region::Taiwan),
            ("zh-Hant-HK", Region::HongKong),
            ("yue", Region::HongKong),
            ("de", Region::Any),
            ("", Region::Any),
        ] {
            assert_eq!(Region::of(Some(lang)), region, "{lang}");
        }
        assert_eq!(Region::of(None), Region::Any);
        assert!(
            Region::ALL
                .iter()
                .enumerate()
                .all(|(i, region)| *region as usize == i)
        );
    }
}
