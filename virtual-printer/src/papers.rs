//! Where papers go: their texts to stdout, or three files each into a folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use virtual_printer::Paper;

/// Writes papers as they come.
#[derive(Debug)]
pub(crate) struct Papers {
    folder: Option<PathBuf>,
    /// Number of the next file; what lies in the folder already is kept.
    next: usize,
}

impl Papers {
    pub(crate) fn new(folder: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        Ok(Self {
            folder: folder.map(Path::to_owned),
            next: 1,
        })
    }

    pub(crate) fn write(&mut self, paper: &Paper) -> anyhow::Result<()> {
        for note in &paper.notes {
            let _ = writeln!(io::stderr(), "paper {}: {note}", paper.index + 1);
        }
        let Some(folder) = self.folder.clone() else {
            return show(paper);
        };
        while name(&folder, self.next, "bin").exists() {
            self.next += 1;
        }
        put(&name(&folder, self.next, "txt"), paper.text.as_bytes())?;
        put(&name(&folder, self.next, "png"), &paper.png())?;
        // Last, so that whoever waits for it finds the others complete.
        put(&name(&folder, self.next, "bin"), &paper.bytes)?;
        self.next += 1;
        Ok(())
    }
}

fn name(folder: &Path, number: usize, kind: &str) -> PathBuf {
    folder.join(format!("paper-{number:04}.{kind}"))
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn show(paper: &Paper) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let kicks = if paper.drawer_kicks > 0 {
        format!(", drawer x{}", paper.drawer_kicks)
    } else {
        String::new()
    };
    write!(out, "----- paper {}{kicks}\n{}", paper.index + 1, paper.text)
        .and_then(|()| out.flush())
        .context("cannot write to stdout")
}
