//! Where files lie: for the whole computer, in a person's own profile, or where a flag says.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The configuration's file name.
pub const CONFIG_NAME: &str = "agent.toml";

/// The token's file name, beside the configuration.
pub const TOKEN_NAME: &str = "agent.token";

/// Characters of a profile's name.
const PROFILE_MAX: usize = 32;

/// The two places that everything else follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// agent.toml.
    pub config: PathBuf,
    /// The data folder.
    pub data: PathBuf,
}

/// The default places: the computer's for a service or where it has an agent.toml, otherwise a
/// person's own. With a data folder of its own an agent keeps its agent.toml there too.
#[must_use]
pub fn places(config: Option<PathBuf>, data: Option<PathBuf>) -> Places {
    let system = system();
    let usual = match ProjectDirs::from("", "", "printrail") {
        Some(own) if !is_service() && !may_exist(&system.config) => Places {
            config: own.config_dir().join(CONFIG_NAME),
            data: own.data_local_dir().join("agent"),
        },
        _ => system,
    };
    let beside = data.as_ref().map(|data| data.join(CONFIG_NAME));
    Places {
        config: config.or(beside).unwrap_or(usual.config),
        data: data.unwrap_or(usual.data),
    }
}

/// Whether this can name the files of a further agent: one folder, anywhere.
#[must_use]
pub fn is_profile(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=PROFILE_MAX).contains(&name.len()) && name.chars().all(plain)
}

/// A file that one may not see may well be there, and then it is not for a person's own commands to ignore.
fn may_exist(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

#[cfg(windows)]
fn system() -> Places {
    let base = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
    let base = Path::new(&base).join("Printrail");
    Places {
        config: base.join(CONFIG_NAME),
        data: base.join("agent"),
    }
}

// Never tried on a Mac.
#[cfg(target_os = "macos")]
fn system() -> Places {
    let base = Path::new("/Library/Application Support/Printrail");
    Places {
        config: base.join(CONFIG_NAME),
        data: base.join("agent"),
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
fn system() -> Places {
    Places {
        config: Path::new("/etc/printrail").join(CONFIG_NAME),
        data: PathBuf::from("/var/lib/printrail-agent"),
    }
}

/// Whether this process runs as root or the system's own account. A service must not use a
/// profile: `LocalSystem`'s lies inside system32.
fn is_service() -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(process) = std::fs::metadata("/proc/self") {
        use std::os::unix::fs::MetadataExt;
        return process.uid() == 0;
    }
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    home.is_none_or(|home| {
        let home = home.to_string_lossy().to_lowercase();
        home == "/root" || home == "/var/root" || home.contains("system32")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_of_its_own_holds_the_configuration_too() {
        let own = places(None, Some("/tmp/second".into()));
        assert_eq!(own.config, Path::new("/tmp/second/agent.toml"));
        let named = places(Some("/tmp/x.toml".into()), Some("/tmp/second".into()));
        assert_eq!(
            (named.config, named.data),
            ("/tmp/x.toml".into(), "/tmp/second".into())
        );
    }
}
