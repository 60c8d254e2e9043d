//! agent.toml as the user wrote it, unchecked.

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    #[serde(default)]
    pub(super) relay: RawRelay,
    #[serde(default)]
    pub(super) fonts: RawFonts,
    #[serde(default)]
    pub(super) templates: RawTemplates,
    #[serde(default)]
    pub(super) update: RawUpdate,
    #[serde(default)]
    pub(super) station: Vec<RawStation>,
    #[serde(default)]
    pub(super) printer: Vec<RawPrinter>,
}

/// `[relay]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelay {
    pub(super) url: Option<String>,
    pub(super) token_file: Option<String>,
    pub(super) outlet: Option<String>,
    pub(super) ca_file: Option<String>,
    pub(super) allow_plaintext: Option<bool>,
}

/// `[[station]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStation {
    pub(super) name: String,
    pub(super) location: Option<String>,
    pub(super) printer: String,
    pub(super) backup: Option<String>,
    pub(super) backup_after_s: Option<i64>,
    pub(super) on_unconfirmed: Option<String>,
}

/// `[[printer]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrinter {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) profile: Option<String>,
    pub(super) columns: Option<i64>,
}

/// `[fonts]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFonts {
    #[serde(default)]
    pub(super) paths: Vec<String>,
}

/// `[templates]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTemplates {
    pub(super) path: Option<String>,
}

/// `[update]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUpdate {
    pub(super) url: Option<String>,
    pub(super) public_key: Option<String>,
}
