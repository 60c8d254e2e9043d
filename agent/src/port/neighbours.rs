//! The computers of the same network by their hardware addresses, so that a printer whose address moved is found
//! again (DELIVERY.md, N7). Linux alone tells them without a right of its own (`/proc/net/arp`, proc(5)).

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::Duration;

/// The discard port (RFC 863): a datagram there asks for a hardware address and for nothing else.
const DISCARD: u16 = 9;

/// Whoever is on the same network has said so by then.
const SETTLE: Duration = Duration::from_millis(300);

/// What knows the neighbours; a test has its own.
pub(super) struct Neighbours<'a> {
    /// The system's table, as `/proc/net/arp` has it.
    pub(super) table: &'a dyn Fn() -> String,
    /// Makes every host of the network around an address known to the table.
    pub(super) wake: &'a dyn Fn(Ipv4Addr),
}

/// The system's own.
pub(super) fn system() -> Neighbours<'static> {
    Neighbours {
        table: &|| std::fs::read_to_string("/proc/net/arp").unwrap_or_default(),
        wake: &wake,
    }
}

impl Neighbours<'_> {
    /// The hardware address behind an IP address of the same network.
    pub(super) fn hardware(&self, ip: IpAddr) -> Option<String> {
        let mut rows = rows(&(self.table)()).into_iter();
        rows.find(|(known, _)| IpAddr::V4(*known) == ip)
            .map(|(_, mac)| mac)
    }

    /// Where this hardware address is, other than at `not`.
    pub(super) fn elsewhere(&self, mac: &str, not: IpAddr) -> Option<Ipv4Addr> {
        let mut rows = rows(&(self.table)()).into_iter();
        rows.find(|(ip, known)| known == mac && IpAddr::V4(*ip) != not)
            .map(|(ip, _)| ip)
    }

    /// The same, once the whole network of `near` has been asked.
    pub(super) fn search(&self, mac: &str, near: IpAddr) -> Option<Ipv4Addr> {
        let IpAddr::V4(ip) = near else { return None };
        (self.wake)(ip);
        self.elsewhere(mac, near)
    }
}

/// Address and hardware address of every complete row (flag 2).
fn rows(table: &str) -> Vec<(Ipv4Addr, String)> {
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let ip = words.next()?.parse().ok()?;
        let (flags, mac) = (words.nth(1)?, words.next()?);
        let flags = u8::from_str_radix(flags.trim_start_matches("0x"), 16).ok()?;
        let is_known = flags & 2 != 0 && mac != "00:00:00:00:00:00";
        is_known.then(|| (ip, mac.to_ascii_lowercase()))
    };
    table.lines().filter_map(row).collect()
}

/// One empty datagram to each host of the /24: no port is opened, nothing is written to a printer.
fn wake(near: Ipv4Addr) {
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)) else {
        return;
    };
    let [a, b, c, _] = near.octets();
    for host in 1..=254 {
        // Nobody need be there.
        let _ = socket.send_to(&[], SocketAddrV4::new(Ipv4Addr::new(a, b, c, host), DISCARD));
    }
    std::thread::sleep(SETTLE);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "IP address       HW type     Flags       HW address            Mask     Device\n\
        192.168.1.50     0x1         0x2         02:FC:00:00:00:05     *        eth0\n\
        192.168.1.51     0x1         0x0         00:00:00:00:00:00     *        eth0\n\
        192.168.1.52     0x1         0x2         02:fc:00:00:00:06     *        eth0\n";

    #[test]
    fn the_table_is_read_and_incomplete_rows_are_nobody() {
        let table = || TABLE.to_owned();
        let neighbours = Neighbours {
            table: &table,
            wake: &|_| {},
        };
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            neighbours.hardware(ip("192.168.1.50")).as_deref(),
            Some("02:fc:00:00:00:05")
        );
        assert_eq!(neighbours.hardware(ip("192.168.1.51")), None);
        let moved = neighbours.elsewhere("02:fc:00:00:00:06", ip("192.168.1.50"));
        assert_eq!(moved, Some("192.168.1.52".parse().unwrap()));
        assert_eq!(
            neighbours.elsewhere("02:fc:00:00:00:06", ip("192.168.1.52")),
            None
        );
    }
}
