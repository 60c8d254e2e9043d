//! From a job to the printer's bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use escpos_templates::{Options, Profile};
use protocol::Banner;
use tracing::warn;

use crate::spool::SpoolJob;
use crate::tickets::Stock;

/// For a printer of which nothing is known (PRODUCT.md, agent.toml).
const DEFAULT_PROFILE: &str = "generic-80";

/// The templates with one printer's profile.
pub(super) struct Tickets {
    stock: Stock,
    profile: Option<Arc<Profile>>,
    columns: Option<u16>,
}

impl Tickets {
    /// A profile of an unknown name is as good as none.
    pub(super) fn new(stock: Stock, profile: Option<&str>, columns: Option<u16>) -> Self {
        let renderer = stock.renderer();
        let profile = profile
            .and_then(|name| renderer.profile(name))
            .or_else(|| renderer.profile(DEFAULT_PROFILE));
        Self {
            stock,
            profile,
            columns,
        }
    }

    /// Whether the profile says that the printer knows marks (`GS ( H` function 48).
    pub(super) fn knows_marks(&self, named: bool) -> bool {
        named
            && self
                .profile
                .as_ref()
                .is_some_and(|profile| profile.confirmation() == 'A')
    }

    /// The ticket's bytes. A template that fails has fallen back to plain text already; what is left is a
    /// job that can never print.
    pub(super) fn render(&self, job: &SpoolJob, banners: &[Banner]) -> Result<Vec<u8>, String> {
        let data: serde_json::Value =
            serde_json::from_str(&job.data).map_err(|error| format!("its data is no JSON: {error}"))?;
        let Some(profile) = &self.profile else {
            return Err(format!("there is no profile {DEFAULT_PROFILE}"));
        };
        let options = Options {
            columns: self.columns,
            banners: banners.iter().map(banner).collect(),
            ..Options::new(Arc::clone(profile))
        };
        let render = || self.stock.renderer().render(&data, &options);
        let ticket =
            catch_unwind(AssertUnwindSafe(render)).map_err(|_| "the renderer panicked".to_owned())?;
        for error in &ticket.report().fallbacks {
            let id = &job.job.id;
            warn!(job.id = %id, "{error}; a simpler template printed {id} instead");
        }
        Ok(ticket.escpos())
    }
}

fn banner(banner: &Banner) -> escpos_templates::Banner {
    match banner {
        Banner::Late { minutes } => escpos_templates::Banner::Late { minutes: *minutes },
        Banner::PossibleDuplicate { first_try } => escpos_templates::Banner::PossibleDuplicate {
            first_try: first_try.to_string(),
        },
        Banner::Reprint => escpos_templates::Banner::Reprint,
        Banner::Backup { station } => escpos_templates::Banner::Backup {
            station: station.clone(),
        },
        Banner::Unrouted => escpos_templates::Banner::Unrouted,
    }
}
