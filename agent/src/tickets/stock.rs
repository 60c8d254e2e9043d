//! Templates as they lie in their folder now: a changed file is used from the next ticket on, without a restart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use escpos_templates::Renderer;
use tracing::{error, info, warn};

use super::{SourceError, Sources, Texts, name, template, templates};
use crate::chain;

/// How often the folder is looked at, at most: a change shows at once to people, and a busy printer does not ask the
/// disk for every ticket.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sets of templates of the outlet that are kept ready: those of a bar and a kitchen, before and after a change.
const MOST_BROUGHT: usize = 8;

/// The renderer of the moment, shared by all presses.
#[derive(Clone)]
pub struct Stock(Arc<Inner>);

struct Inner {
    folder: Option<PathBuf>,
    shelf: Mutex<Shelf>,
}

struct Shelf {
    renderer: Renderer,
    /// What the last template of each name that could be used says.
    good: Texts,
    /// Renderers with templates that tickets brought, the latest used last.
    brought: Vec<(Texts, Renderer)>,
    seen: Seen,
    looked: Instant,
}

/// The folder when it was looked at.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Never,
    Unreadable,
    /// Time of change and length of every template.
    Files(BTreeMap<PathBuf, (Option<SystemTime>, u64)>),
}

impl From<Renderer> for Stock {
    /// Templates that never change.
    fn from(renderer: Renderer) -> Self {
        Self::new(None, renderer)
    }
}

impl Stock {
    /// Reads templates and fonts. What cannot be read is in the log; what is built in stands in for it, since a plain
    /// ticket is better than none.
    #[must_use]
    pub fn open(sources: &Sources) -> Self {
        let fonts = Sources {
            templates: None,
            fonts: sources.fonts.clone(),
        };
        let renderer = super::renderer(&fonts).unwrap_or_else(|error| {
            error!("the built-in fonts are used: {}", chain(&error));
            Renderer::builtin()
        });
        for problem in renderer.problems() {
            warn!("{problem}");
        }
        let stock = Self::new(sources.templates.clone(), renderer);
        if let Some(folder) = &stock.0.folder {
            stock.with_shelf(|shelf| shelf.refresh(folder));
        }
        stock
    }

    fn new(folder: Option<PathBuf>, renderer: Renderer) -> Self {
        let shelf = Shelf {
            renderer,
            good: Texts::new(),
            brought: Vec::new(),
            seen: Seen::Never,
            looked: Instant::now(),
        };
        Self(Arc::new(Inner {
            folder,
            shelf: Mutex::new(shelf),
        }))
    }

    /// The renderer for the next ticket. Looks at the folder where a second has passed since it last did.
    #[must_use]
    pub fn renderer(&self) -> Renderer {
        self.renderer_with(&Texts::new())
    }

    /// The same for a ticket that brings templates of its outlet. This computer's own go before them: whoever put a
    /// file here meant this printer.
    #[must_use]
    pub fn renderer_with(&self, brought: &Texts) -> Renderer {
        self.with_shelf(|shelf| {
            if let Some(folder) = self
                .0
                .folder
                .as_ref()
                .filter(|_| shelf.looked.elapsed() >= LOOK_EVERY)
            {
                shelf.refresh(folder);
            }
            shelf.renderer_with(brought)
        })
    }

    fn with_shelf<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        work(&mut self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelf {
    fn renderer_with(&mut self, brought: &Texts) -> Renderer {
        if brought.keys().all(|name| self.good.contains_key(name)) {
            return self.renderer.clone();
        }
        let mut texts = brought.clone();
        texts.extend(self.good.clone());
        let known = self.brought.iter().position(|(known, _)| *known == texts);
        let found = match known {
            Some(place) => self.brought.remove(place),
            None => {
                let renderer = self.renderer.with_templates(&texts);
                for (_, error) in renderer.broken_templates() {
                    warn!("{error}; the built-in one prints instead");
                }
                (texts, renderer)
            }
        };
        let renderer = found.1.clone();
        self.brought.push(found);
        if self.brought.len() > MOST_BROUGHT {
            self.brought.remove(0);
        }
        renderer
    }

    /// Reads the templates where anything about their files has changed.
    fn refresh(&mut self, folder: &Path) {
        self.looked = Instant::now();
        let seen = look(folder);
        let now = match &seen {
            Ok(files) => Seen::Files(files.clone()),
            Err(_) => Seen::Unreadable,
        };
        if now == self.seen {
            return;
        }
        let first = std::mem::replace(&mut self.seen, now) == Seen::Never;
        match seen {
            Ok(files) => {
                self.replace(files.into_keys());
                if !first {
                    info!("templates have changed and are used from the next ticket on");
                }
            }
            Err(error) => warn!("templates stay as they were: {}", chain(&error)),
        }
    }

    /// Puts these templates in the place of those before. One that is broken, or cannot be read, leaves the last good
    /// one of its name where it is.
    fn replace(&mut self, paths: impl Iterator<Item = PathBuf>) {
        let mut texts = Texts::new();
        for path in paths {
            let good = self.good.get(&name(&path));
            match template(&path) {
                Ok(text) => drop(texts.insert(name(&path), text)),
                Err(error) => {
                    warn!("{}", chain(&error));
                    texts.extend(good.map(|text| (name(&path), text.clone())));
                }
            }
        }
        let renderer = self.renderer.with_templates(&texts);
        for (name, error) in renderer.broken_templates() {
            let good = self.good.get(name);
            let instead = if good.is_some() {
                "the last good one"
            } else {
                "the built-in one"
            };
            warn!("{error}; {instead} prints instead");
            match good {
                Some(good) => drop(texts.insert(name.to_owned(), good.clone())),
                None => drop(texts.remove(name)),
            }
        }
        self.renderer = renderer.with_templates(&texts);
        self.good = texts;
    }
}

type Files = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

fn look(folder: &Path) -> Result<Files, SourceError> {
    let stamp = |path: PathBuf| {
        // A file that goes while it is looked at counts as gone; any other trouble shows when it is read.
        let about = fs::metadata(&path).ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        (path, (changed, about.map_or(0, |about| about.len())))
    };
    Ok(templates(folder)?.into_iter().map(stamp).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use escpos_templates::Options;

    /// What a ticket looks like once the folder has been looked at again.
    fn ticket(stock: &Stock) -> String {
        stock.with_shelf(|shelf| shelf.refresh(stock.0.folder.as_ref().unwrap()));
        let renderer = stock.renderer();
        let options = Options::new(renderer.profile("generic-80").unwrap());
        let event = serde_json::json!({ "items": [{ "name": "Margherita" }] });
        let ticket = renderer.render(&event, &options);
        assert_eq!(ticket.report().fallbacks, [""; 0]);
        ticket.text()
    }

    #[test]
    fn what_a_ticket_brings_is_used_unless_this_computer_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources {
            templates: Some(folder.path().to_owned()),
            fonts: Vec::new(),
        };
        let stock = Stock::open(&sources);
        let brought = |text: &str| Texts::from([("kitchen".to_owned(), text.to_owned())]);
        let drawn = |texts: &Texts| {
            let renderer = stock.renderer_with(texts);
            let options = Options::new(renderer.profile("generic-80").unwrap());
            renderer
                .render(
                    &serde_json::json!({ "items": [{ "name": "Margherita" }] }),
                    &options,
                )
                .text()
        };
        assert!(drawn(&brought("of the house")).contains("of the house"));
        assert!(drawn(&brought("newer")).contains("newer"));
        assert!(drawn(&Texts::new()).contains("Margherita"));
        assert!(
            drawn(&brought("{% if %}")).contains("Margherita"),
            "a broken one prints built in"
        );
        for n in 0..2 * MOST_BROUGHT {
            drawn(&brought(&n.to_string()));
        }
        assert!(stock.with_shelf(|shelf| shelf.brought.len()) <= MOST_BROUGHT);
        fs::write(folder.path().join("kitchen.receipt"), "this computer's").unwrap();
        stock.with_shelf(|shelf| shelf.refresh(folder.path()));
        assert!(drawn(&brought("of the house")).contains("this computer's"));
    }

    #[test]
    fn a_template_that_is_added_changed_broken_or_removed_shows_on_the_next_ticket() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kitchen.receipt");
        let sources = Sources {
            templates: Some(folder.path().to_owned()),
            fonts: Vec::new(),
        };
        let stock = Stock::open(&sources);
        assert!(ticket(&stock).contains("Margherita"));

        fs::write(&file, "our own").unwrap();
        assert!(ticket(&stock).contains("our own"));
        fs::write(&file, "our second").unwrap();
        assert!(ticket(&stock).contains("our second"));

        fs::write(&file, "fine\n{% if %}").unwrap();
        assert!(ticket(&stock).contains("our second"), "the last good one stays");
        fs::write(&file, b"caf\xe9").unwrap();
        assert!(
            ticket(&stock).contains("our second"),
            "so it does where one is not UTF-8"
        );
        fs::write(&file, "\u{feff}mended again").unwrap();
        let mended = ticket(&stock);
        assert!(
            mended.contains("mended again") && !mended.contains(['\u{feff}', '?']),
            "{mended}"
        );

        fs::remove_file(&file).unwrap();
        assert!(ticket(&stock).contains("Margherita"));
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(ticket(&stock).contains("Margherita"));
    }

    #[test]
    fn a_template_that_is_broken_from_the_start_leaves_the_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kitchen.receipt"), "{% if %}").unwrap();
        let sources = Sources {
            templates: Some(folder.path().to_owned()),
            fonts: Vec::new(),
        };
        assert!(ticket(&Stock::open(&sources)).contains("Margherita"));
    }
}
