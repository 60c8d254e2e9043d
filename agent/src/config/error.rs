//! What is wrong with a configuration: the file, the field, and what to do.

use std::io;
use std::path::PathBuf;

/// Why there is no configuration to run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error(
        "there is no configuration at {path}: `printrail-agent pair --relay URL CODE` begins one, `--config FILE` names another"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{path} cannot be read: check who may read it")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no TOML, or has a field that is not known or of another type.
    #[error("{path} is not a valid agent.toml: correct the line named below")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value cannot be used.
    #[error("{place}: `{field}` {problem}")]
    Field {
        /// The file or environment variable that it came from.
        place: String,
        /// The field, such as `printer[1].columns`.
        field: String,
        /// What is wrong with it and what is expected.
        problem: String,
    },
}
