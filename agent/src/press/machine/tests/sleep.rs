//! A computer that slept knows nothing of its printer.

use protocol::Tick;

use super::rig::wall;
use super::rules::kitchen;
use crate::press::machine::Input;

#[test]
fn fault_u6_after_a_sleep_the_printer_is_looked_at_before_the_next_ticket() {
    let mut rig = kitchen();
    assert!(rig.machine.line.looked.is_some(), "just before the ticket");
    let now = rig.now + 100;
    rig.machine.handle(Input::Timeout, Tick(now), wall(now));
    assert!(
        rig.machine.line.looked.is_some(),
        "awake, one look is good for a while"
    );
    rig.machine
        .handle(Input::Timeout, Tick(now), wall(now + 8 * 3_600_000));
    assert!(rig.machine.line.looked.is_none());
}
