//! The program's file, the one before it, and the note that says that a new one is on trial.
//!
//! Every step leaves a program that starts, whenever the power goes: the old one is linked beside itself before the
//! new one is moved over it, and the note is written before either. Whoever finds the note later (the service's
//! start, through the old program) counts the starts and goes back when the new one does not prove itself.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Starts that a new program gets until the old one comes back by itself: one, and one for a power cut in it.
const STARTS: u32 = 2;

/// The note's name in the data folder, where the service may take it away itself.
const NOTE: &str = "update.json";

/// Where the program lies and where its note does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    program: PathBuf,
    note: PathBuf,
}

/// A new version that has not proved itself yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The version before.
    pub from: String,
    /// The version on trial.
    pub to: String,
    /// How often the service has begun to start it.
    #[serde(default)]
    pub starts: u32,
}

/// What the service's start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Nothing is on trial.
    Nothing,
    /// The new program gets this start.
    Trial,
    /// It had its starts: the old one is back.
    WentBack,
}

/// Why the program cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// A file.
    #[error("{path} cannot be written: run this with sudo, or check the disk")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no way back.
    #[error("there is no program from before an update at {0}")]
    NoneBefore(PathBuf),
}

impl Place {
    /// The program at `program`, with the agent's data in `data`.
    #[must_use]
    pub fn new(program: &Path, data: &Path) -> Self {
        Self {
            program: program.to_owned(),
            note: data.join(NOTE),
        }
    }

    /// The program's file.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The program before the last update.
    #[must_use]
    pub fn before(&self) -> PathBuf {
        self.beside("previous")
    }

    /// Puts a program beside the one that runs, to be tried and then [`Self::install`]ed.
    ///
    /// # Errors
    /// [`PlaceError::File`].
    pub fn stage(&self, bytes: &[u8]) -> Result<PathBuf, PlaceError> {
        let draft = self.beside("new");
        let written = || {
            let mut file = fs::File::create(&draft)?;
            file.write_all(bytes)?;
            executable(&draft)?;
            file.sync_all()
        };
        written().map_err(|source| at(&draft, source))?;
        Ok(draft)
    }

    /// Throws away what was staged.
    pub fn unstage(&self) {
        let _ = fs::remove_file(self.beside("new"));
    }

    /// Moves the staged program into its place, and keeps the old one.
    ///
    /// # Errors
    /// [`PlaceError::File`]; the old program is in its place then.
    pub fn install(&self, attempt: &Attempt) -> Result<(), PlaceError> {
        self.keep_note(attempt)?;
        self.link_as(&self.program, &self.before())?;
        self.rename(&self.beside("new"), &self.program)
    }

    /// Puts the old program back. The new one is gone then.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn go_back(&self) -> Result<(), PlaceError> {
        let before = self.before();
        if !before.exists() {
            return Err(PlaceError::NoneBefore(before));
        }
        let draft = self.beside("back");
        self.link_as(&before, &draft)?;
        self.rename(&draft, &self.program)?;
        self.settle()
    }

    /// The trial is over.
    ///
    /// # Errors
    /// [`PlaceError::File`].
    pub fn settle(&self) -> Result<(), PlaceError> {
        match fs::remove_file(&self.note) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&self.note, error)),
            _ => Ok(()),
        }
    }

    /// What is on trial. A note that cannot be read counts as one that had its starts.
    #[must_use]
    pub fn on_trial(&self) -> Option<Attempt> {
        let text = fs::read(&self.note).ok()?;
        Some(serde_json::from_slice(&text).unwrap_or_else(|_| Attempt {
            from: String::new(),
            to: String::new(),
            starts: STARTS,
        }))
    }

    /// What the service does before it starts, with the program from before the update: counts the start, or goes back.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn before_start(&self) -> Result<Settled, PlaceError> {
        let Some(attempt) = self.on_trial() else {
            return Ok(Settled::Nothing);
        };
        if attempt.starts >= STARTS {
            self.go_back()?;
            return Ok(Settled::WentBack);
        }
        self.keep_note(&Attempt {
            starts: attempt.starts + 1,
            ..attempt
        })?;
        Ok(Settled::Trial)
    }

    fn keep_note(&self, attempt: &Attempt) -> Result<(), PlaceError> {
        let text = serde_json::to_vec(attempt).map_err(|error| at(&self.note, error.into()))?;
        let draft = self.note.with_extension("draft");
        let written = || {
            let mut file = fs::File::create(&draft)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        written().map_err(|source| at(&draft, source))?;
        self.rename(&draft, &self.note)
    }

    /// Another name for the same file, in the place of what had it.
    fn link_as(&self, from: &Path, to: &Path) -> Result<(), PlaceError> {
        let draft = self.beside("link");
        let _ = fs::remove_file(&draft);
        fs::hard_link(from, &draft)
            .or_else(|_| fs::copy(from, &draft).map(drop))
            .map_err(|source| at(&draft, source))?;
        self.rename(&draft, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), PlaceError> {
        let folder = to.parent().unwrap_or(to);
        fs::rename(from, to)
            .and_then(|()| sync_folder(folder))
            .map_err(|source| at(to, source))?;
        // Two names of one file: renaming one over the other does nothing and leaves both (rename(2)).
        let _ = fs::remove_file(from);
        Ok(())
    }

    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.program.clone().into_os_string();
        name.push(".");
        name.push(what);
        name.into()
    }
}

fn at(path: &Path, source: io::Error) -> PlaceError {
    PlaceError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rig {
        folder: tempfile::TempDir,
        place: Place,
    }

    impl Rig {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let place = Place::new(&folder.path().join("agent"), folder.path());
            fs::write(place.program(), "old").unwrap();
            Self { folder, place }
        }

        fn update(&self) {
            self.place.stage(b"new").unwrap();
            self.place.install(&attempt()).unwrap();
        }

        fn runs(&self) -> String {
            fs::read_to_string(self.place.program()).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let mut names: Vec<_> = fs::read_dir(self.folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    fn attempt() -> Attempt {
        Attempt {
            from: "0.1.0".to_owned(),
            to: "0.2.0".to_owned(),
            starts: 0,
        }
    }

    #[test]
    fn a_new_program_that_proves_itself_stays_and_the_old_one_is_kept() {
        let rig = Rig::new();
        rig.update();
        assert_eq!(rig.place.before_start().unwrap(), Settled::Trial);
        rig.place.settle().unwrap();
        assert_eq!(rig.place.before_start().unwrap(), Settled::Nothing);
        assert_eq!(rig.runs(), "new");
        assert_eq!(rig.names(), ["agent", "agent.previous"]);
        // The service's start may have gone back already when the updater does.
        for _ in 0..2 {
            rig.place.go_back().unwrap();
            assert_eq!(rig.runs(), "old");
            assert_eq!(rig.names(), ["agent", "agent.previous"]);
        }
    }

    #[test]
    fn a_new_program_that_never_proves_itself_gives_way_after_its_starts() {
        let rig = Rig::new();
        rig.update();
        for _ in 0..STARTS {
            assert_eq!(rig.place.before_start().unwrap(), Settled::Trial);
        }
        assert_eq!(rig.place.before_start().unwrap(), Settled::WentBack);
        assert_eq!(rig.runs(), "old");
        assert_eq!(rig.place.before_start().unwrap(), Settled::Nothing);
    }

    #[test]
    fn wherever_the_power_goes_there_is_a_program_that_starts() {
        // Before the move: the note is there, the old program too.
        let rig = Rig::new();
        rig.place.stage(b"new").unwrap();
        rig.place.keep_note(&attempt()).unwrap();
        assert_eq!(rig.runs(), "old");
        rig.place
            .link_as(rig.place.program(), &rig.place.before())
            .unwrap();
        for _ in 0..=STARTS {
            rig.place.before_start().unwrap();
        }
        assert_eq!((rig.runs().as_str(), rig.place.on_trial()), ("old", None));
        // A note that was torn counts as a failure.
        rig.update();
        fs::write(&rig.place.note, "{\"fr").unwrap();
        assert_eq!(rig.place.before_start().unwrap(), Settled::WentBack);
        assert_eq!(rig.runs(), "old");
        // Doing it again over what an interrupted update left works.
        rig.place.stage(b"half").unwrap();
        rig.update();
        assert_eq!(rig.runs(), "new");
    }

    #[test]
    fn without_a_program_from_before_there_is_no_way_back() {
        let rig = Rig::new();
        assert!(matches!(rig.place.go_back(), Err(PlaceError::NoneBefore(_))));
        assert_eq!(rig.runs(), "old");
    }
}
