//! What a manager looks at: the audit, pairing codes that wait, and a test print.

use jiff::Timestamp;
use protocol::{JobId, JobState};

use super::Store;
use crate::order::Actor;
use crate::routing::{Settings, test_ticket};
use crate::store::desk::{Desk, Outcome};
use crate::store::sql::people;
use crate::store::sql::{events, stations};
use crate::store::{Audited, JobBrief, OutletId, Page, StoreError, deeds, transact};

/// Most lines of one page.
const MAX_PAGE: usize = 200;
/// A test ticket that nobody printed within ten minutes would only startle a cook.
const TEST_WITHIN_S: u64 = 600;

/// Which lines of the audit to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Whose `who` holds this.
    pub who: Option<String>,
    /// Whose `what` holds this.
    pub what: Option<String>,
    /// After this position of an earlier page (`next`).
    pub cursor: Option<String>,
    /// At most so many, 1 to 200.
    pub limit: usize,
}

/// A pairing code that waits, without its secret part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCode {
    /// The code's first part.
    pub id: String,
    /// The stations that it is for: name and location.
    pub stations: Vec<(String, Option<String>)>,
    /// The device that it replaces.
    pub replaces: Option<String>,
    /// Until when it is good.
    pub expires: Timestamp,
    /// Wrong tries so far.
    pub tries: u32,
    /// Whether it was taken.
    pub used: bool,
}

impl Store {
    /// A page of the audit, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn audit_page(&self, outlet: &str, filter: AuditFilter) -> Result<Page<Audited>, StoreError> {
        let outlet = outlet.to_owned();
        let most = filter.limit.clamp(1, MAX_PAGE);
        let read = move |conn: &rusqlite::Connection| Ok(events::audited(conn, &outlet, &filter, most + 1)?);
        let mut rows = self.inner.readers.read(read).await?;
        let more = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| more).map(|(id, _)| id.clone());
        Ok(Page {
            items: rows.into_iter().map(|(_, line)| line).collect(),
            next,
        })
    }

    /// The outlet's pairing codes, used and expired ones of the last day included, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn enrolments(&self, outlet: &str) -> Result<Vec<OpenCode>, StoreError> {
        let outlet = outlet.to_owned();
        let read = move |conn: &rusqlite::Connection| Ok(people::enrolments(conn, &outlet)?);
        self.inner.readers.read(read).await
    }

    /// Withdraws a pairing code by its first part.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn withdraw_enrolment(&self, outlet: &str, id: &str, by: &Actor) -> Result<(), StoreError> {
        let (outlet, id, by) = (OutletId::from(outlet), id.to_owned(), by.clone());
        let withdraw = move |desk: &mut Desk<'_>| {
            if !people::delete_enrolment(desk.conn, &outlet, &id)? {
                return Err(StoreError::NotFound {
                    what: "pairing code",
                    id,
                });
            }
            deeds::audit(desk, &outlet, &by, format!("pairing code {id}-… was withdrawn"))
        };
        self.inner.clerk.call(withdraw).await
    }

    /// Test tickets for a device: one for each station that it prints for now, or for the one named.
    /// `qr` is what the ticket's code leads to. To `identify` itself the computer's printers say its name and beep.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown device, [`StoreError::Conflict`] where it prints for no such
    /// station now.
    pub async fn test_print(
        &self,
        outlet: &str,
        device: &str,
        station: Option<String>,
        qr: Option<String>,
        identify: bool,
        by: &Actor,
    ) -> Result<Vec<JobBrief>, StoreError> {
        let (outlet, device, by) = (OutletId::from(outlet), device.to_owned(), by.clone());
        self.inner
            .clerk
            .call(move |desk| {
                let wanted = Test {
                    device: &device,
                    station: station.as_deref(),
                    qr: qr.as_deref(),
                    identify,
                };
                test(desk, &outlet, &wanted, &by)
            })
            .await
    }
}

/// Which test tickets are wanted.
struct Test<'a> {
    device: &'a str,
    station: Option<&'a str>,
    qr: Option<&'a str>,
    identify: bool,
}

fn test(desk: &mut Desk<'_>, outlet: &OutletId, wanted: &Test<'_>, by: &Actor) -> Outcome<Vec<JobBrief>> {
    let Test {
        device,
        station,
        qr,
        identify,
    } = *wanted;
    let known = people::devices(desk.conn, outlet)?;
    let name = known.iter().find(|known| known.id == device);
    let Some(name) = name.map(|known| known.name.clone()) else {
        return Err(StoreError::NotFound {
            what: "device",
            id: device.to_owned(),
        });
    };
    let held = stations::holders(desk.conn, outlet)?
        .into_iter()
        .filter(|held| held.device == device && station.is_none_or(|wanted| wanted == held.station));
    let held: Vec<String> = held.map(|held| held.station).collect();
    if held.is_empty() {
        let place = station.unwrap_or("a station");
        return Err(StoreError::Conflict(format!(
            "this computer does not print for {place} now; start its agent, then try again"
        )));
    }
    let soon = Settings {
        expires_after_s: TEST_WITHIN_S,
        ..Settings::clone(&*desk.books.settings(desk.conn, outlet)?)
    };
    let mut jobs = Vec::with_capacity(held.len());
    for station in held {
        let id = JobId::new(desk.new_id());
        let message = identify.then_some(name.as_str());
        let ticket = test_ticket(&station, id.clone(), &soon, desk.now, qr, message);
        transact::number(desk, outlet, &soon, &ticket, id.clone(), None)?;
        jobs.push(JobBrief {
            id,
            station,
            state: JobState::Accepted,
        });
    }
    deeds::audit(
        desk,
        outlet,
        by,
        format!("a test ticket was sent to device {device}"),
    )?;
    Ok(jobs)
}
