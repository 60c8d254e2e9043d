//! Who may do what (DIALECTS.md): the one table that routes, verbs and rooms go by.
//!
//! A route that is not in [`ROUTES`] is refused, so that nobody can forget a line.

use Access::{Any, May, Open};
use Act::{
    AnswerCancel, AskToCancel, Audit, Cancel, CancelJob, ChangeOrder, CreateOrder, Devices, Events, Kitchen,
    OpenSession, Outlets, Pay, PrintAgain, ReadJobs, ReadMenu, ReadOrders, ReadStations, ReadTables,
    ReadVisit, SetMenu, SetTables, Settings, SettleJob, Tokens,
};

use crate::order::model::Status;
use crate::order::{Command, Role};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// See orders.
    ReadOrders,
    /// Make an order.
    CreateOrder,
    /// Change one: what exactly is looked at again by [`may_command`].
    ChangeOrder,
    /// Ask the kitchen to cancel.
    AskToCancel,
    /// Accept or reject such a request.
    AnswerCancel,
    /// Cancel without asking.
    Cancel,
    /// Acknowledge, set a priority, assign a station.
    Kitchen,
    /// Take a payment.
    Pay,
    /// Print a ticket or a bill again.
    PrintAgain,
    /// See jobs and their tickets.
    ReadJobs,
    /// Say whether an unconfirmed ticket is on paper.
    SettleJob,
    /// Withdraw a job, release a stale one.
    CancelJob,
    /// See the stations.
    ReadStations,
    /// Stations, routing and the other settings.
    Settings,
    /// Devices, pairing codes.
    Devices,
    /// Make, list and take back signed tokens.
    Tokens,
    /// See who did what.
    Audit,
    /// See tables.
    ReadTables,
    /// Make and change tables.
    SetTables,
    /// See the menu.
    ReadMenu,
    /// Change the menu; prices are the manager's.
    SetMenu,
    /// Open and end a table's visit.
    OpenSession,
    /// See a visit's orders and bill.
    ReadVisit,
    /// Follow what happens.
    Events,
    /// Make outlets: whoever holds the relay's keys.
    Outlets,
}

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// A token, of whatever role: the handler looks closer.
    Any,
    /// A token whose role may do that.
    May(Act),
}

/// Every route of the relay and what it asks: method, pattern, access.
pub const ROUTES: &[(&str, &str, Access)] = &[
    ("GET", "/healthz", Open),
    ("GET", "/readyz", Open),
    ("GET", "/metrics", Open),
    ("GET", "/.well-known/jwks.json", Open),
    ("GET", "/api/openapi.json", Open),
    ("GET", "/client.js", Open),
    ("GET", "/ws", Any),
    ("GET", "/ws/restaurant-pos/{tenant}", Any),
    ("POST", "/api/orders", May(CreateOrder)),
    ("POST", "/api/orders/create", May(CreateOrder)),
    ("GET", "/api/orders", May(ReadOrders)),
    ("GET", "/api/orders/{id}", May(ReadOrders)),
    ("PATCH", "/api/orders/{id}", May(ChangeOrder)),
    ("POST", "/api/orders/{id}/items", May(ChangeOrder)),
    ("PATCH", "/api/orders/{id}/items/{item}", May(ChangeOrder)),
    ("POST", "/api/orders/{id}/cancel-request", May(AskToCancel)),
    ("POST", "/api/orders/{id}/cancel-accept", May(AnswerCancel)),
    ("POST", "/api/orders/{id}/cancel-reject", May(AnswerCancel)),
    ("POST", "/api/orders/{id}/cancel", May(Cancel)),
    ("POST", "/api/orders/{id}/acknowledge", May(Kitchen)),
    ("POST", "/api/orders/{id}/station", May(Kitchen)),
    ("POST", "/api/orders/{id}/payments", May(Pay)),
    ("POST", "/api/orders/{id}/reprint", May(PrintAgain)),
    ("POST", "/api/orders/{id}/receipt", May(PrintAgain)),
    ("GET", "/api/jobs", May(ReadJobs)),
    ("GET", "/api/jobs/{id}", May(ReadJobs)),
    ("GET", "/api/jobs/{id}/ticket.txt", May(ReadJobs)),
    ("GET", "/api/jobs/{id}/ticket.svg", May(ReadJobs)),
    ("GET", "/api/jobs/{id}/ticket.png", May(ReadJobs)),
    ("POST", "/api/jobs/{id}/resolve", May(SettleJob)),
    ("POST", "/api/jobs/{id}/reprint", May(PrintAgain)),
    ("POST", "/api/jobs/{id}/cancel", May(CancelJob)),
    ("POST", "/api/jobs/{id}/release", May(CancelJob)),
    ("GET", "/api/stations", May(ReadStations)),
    ("PUT", "/api/stations/{name}", May(Settings)),
    ("GET", "/api/routing", May(ReadStations)),
    ("PUT", "/api/routing", May(Settings)),
    ("POST", "/api/routing/dry-run", May(Settings)),
    ("GET", "/api/sync", May(Events)),
    ("GET", "/api/events", May(Events)),
    ("GET", "/api/devices", May(Devices)),
    ("PATCH", "/api/devices/{id}", May(Devices)),
    ("POST", "/api/devices/{id}/revoke", May(Devices)),
    ("POST", "/api/devices/{id}/test", May(Devices)),
    ("GET", "/api/enrolments", May(Devices)),
    ("POST", "/api/enrolments", May(Devices)),
    ("DELETE", "/api/enrolments/{id}", May(Devices)),
    ("POST", "/api/enrol", Open),
    ("POST", "/api/screen-codes", May(Devices)),
    ("POST", "/api/sign-in", Open),
    ("GET", "/api/tokens", May(Tokens)),
    ("POST", "/api/tokens", May(Tokens)),
    ("POST", "/api/tokens/{id}/revoke", May(Tokens)),
    ("GET", "/api/audit", May(Audit)),
    ("GET", "/api/templates", May(Settings)),
    ("POST", "/api/templates/preview", May(Settings)),
    ("GET", "/api/templates/{name}", May(Settings)),
    ("PUT", "/api/templates/{name}", May(Settings)),
    ("GET", "/api/alerts", May(Settings)),
    ("PUT", "/api/alerts", May(Settings)),
    ("POST", "/api/alerts/test", May(Settings)),
    ("POST", "/api/alerts/deliveries/{id}/resend", May(Settings)),
    ("GET", "/api/tables", May(ReadTables)),
    ("GET", "/api/tables/{id}", May(ReadTables)),
    ("PUT", "/api/tables/{id}", May(SetTables)),
    ("DELETE", "/api/tables/{id}", May(SetTables)),
    ("POST", "/api/tables/{id}/link", May(OpenSession)),
    ("GET", "/t/{link}", Open),
    ("GET", "/api/menu", May(ReadMenu)),
    ("GET", "/api/menu/{id}", May(ReadMenu)),
    ("PUT", "/api/menu/{id}", May(SetMenu)),
    ("DELETE", "/api/menu/{id}", May(Settings)),
    ("POST", "/api/sessions", May(OpenSession)),
    ("GET", "/api/sessions/{token}", May(ReadVisit)),
    ("DELETE", "/api/sessions/{token}", May(OpenSession)),
    ("GET", "/api/outlets", May(Outlets)),
    ("POST", "/api/outlets", May(Outlets)),
];

/// What a route asks; none where the table does not know it.
#[must_use]
pub fn access(method: &str, pattern: &str) -> Option<Access> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES
        .iter()
        .find(|(its, route, _)| *its == method && *route == pattern)
        .map(|(.., access)| *access)
}

/// Whether the role may do that.
#[must_use]
pub fn allows(role: Role, act: Act) -> bool {
    match role {
        Role::Manager => act != Outlets,
        Role::Pos | Role::Cashier => !matches!(
            act,
            AnswerCancel | Kitchen | CancelJob | Settings | Devices | Tokens | Audit | Outlets
        ),
        Role::Waiter => matches!(
            act,
            ReadOrders
                | CreateOrder
                | ChangeOrder
                | AskToCancel
                | ReadJobs
                | ReadStations
                | ReadTables
                | ReadMenu
                | OpenSession
                | ReadVisit
                | Events
        ),
        Role::Kitchen | Role::Bar => matches!(
            act,
            ReadOrders
                | ChangeOrder
                | AnswerCancel
                | Kitchen
                | ReadJobs
                | SettleJob
                | ReadStations
                | ReadMenu
                | Events
        ),
        Role::Guest => matches!(act, ReadOrders | CreateOrder | ReadMenu | ReadVisit | Events),
        Role::Agent => matches!(act, ReadJobs | ReadStations),
    }
}

/// Whether the role may ask for this command. Which statuses a role may set, [`Role::may_set`] says
/// and [`crate::order`] looks at, since a step back is told from a move by the order alone.
#[must_use]
pub fn may_command(role: Role, command: &Command) -> bool {
    match command {
        Command::Create(_) => allows(role, CreateOrder),
        Command::SetStatus { status } => {
            allows(role, ChangeOrder) && (*status != Status::Cancelled || role.may_set(Status::Cancelled))
        }
        Command::SetPriority { .. } => allows(role, Kitchen) || is_till(role),
        Command::AssignStation { .. } | Command::Acknowledge { .. } => allows(role, Kitchen),
        Command::AddItems { .. } => is_till(role) || role == Role::Waiter,
        Command::MoveTable { .. } | Command::SetItemQuantity { .. } => is_till(role),
        Command::SetItemStatus { status, .. } => {
            is_till(role) || (is_kitchen(role) && *status != crate::order::model::ItemStatus::Cancelled)
        }
        Command::CancelRequest { .. } => allows(role, AskToCancel),
        Command::CancelAccept | Command::CancelReject { .. } => allows(role, AnswerCancel),
        Command::Cancel { .. } => allows(role, Cancel),
        Command::Pay { .. } => allows(role, Pay),
        Command::Reprint { .. } | Command::Receipt => allows(role, PrintAgain),
    }
}

fn is_till(role: Role) -> bool {
    matches!(role, Role::Manager | Role::Pos | Role::Cashier)
}

fn is_kitchen(role: Role) -> bool {
    matches!(role, Role::Kitchen | Role::Bar)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 8] = [
        Role::Pos,
        Role::Waiter,
        Role::Kitchen,
        Role::Bar,
        Role::Cashier,
        Role::Manager,
        Role::Guest,
        Role::Agent,
    ];

    fn who(act: Act) -> Vec<Role> {
        ROLES.into_iter().filter(|role| allows(*role, act)).collect()
    }

    #[test]
    fn settings_devices_and_withdrawing_jobs_are_the_managers() {
        for act in [Settings, Devices, Tokens, Audit, CancelJob] {
            assert_eq!(who(act), [Role::Manager], "{act:?}");
        }
        assert_eq!(who(Outlets), []);
    }

    #[test]
    fn money_is_for_the_till() {
        assert_eq!(who(Pay), [Role::Pos, Role::Cashier, Role::Manager]);
        assert_eq!(who(Cancel), [Role::Pos, Role::Cashier, Role::Manager]);
        assert_eq!(who(SetTables), [Role::Pos, Role::Cashier, Role::Manager]);
        assert_eq!(who(SetMenu), [Role::Pos, Role::Cashier, Role::Manager]);
    }

    #[test]
    fn a_waiter_asks_to_cancel_and_the_kitchen_answers() {
        assert!(allows(Role::Waiter, AskToCancel) && !allows(Role::Waiter, Cancel));
        assert_eq!(who(AnswerCancel), [Role::Kitchen, Role::Bar, Role::Manager]);
        let cancel = Command::SetStatus {
            status: Status::Cancelled,
        };
        let may: Vec<_> = ROLES
            .into_iter()
            .filter(|role| may_command(*role, &cancel))
            .collect();
        assert_eq!(may, [Role::Pos, Role::Cashier, Role::Manager]);
    }

    #[test]
    fn a_route_that_the_table_does_not_know_is_known_to_nobody() {
        assert_eq!(access("GET", "/api/secrets"), None);
        assert_eq!(access("DELETE", "/api/orders/{id}"), None);
        assert_eq!(access("HEAD", "/api/orders"), access("GET", "/api/orders"));
    }
}
