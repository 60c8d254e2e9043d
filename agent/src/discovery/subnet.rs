//! Port 9100 of the addresses that the user names, and of no others.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::{Found, Looked};

/// The shortest prefix: 1,024 addresses take 7 s, and a restaurant has one such network at most.
const PREFIX_MIN: u8 = 22;

/// Raw printing over TCP.
const PORT: u16 = 9100;

/// A printer on the same network takes a connection within some milliseconds; one that sleeps needs longer.
const WITHIN: Duration = Duration::from_millis(400);

/// Connections that are tried at the same time.
const AT_ONCE: usize = 64;

/// The addresses `A.B.C.D/P`, at most 1,024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet {
    first: u32,
    prefix: u8,
}

/// What is wrong with a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubnetError {
    /// It is none.
    #[error("expected an IPv4 subnet such as 192.168.1.0/24")]
    Form,
    /// It is too large.
    #[error("at most 1,024 addresses are scanned at once: give a prefix of /{PREFIX_MIN} or longer")]
    Large,
}

impl FromStr for Subnet {
    type Err = SubnetError;

    fn from_str(text: &str) -> Result<Self, SubnetError> {
        let (ip, prefix) = text.split_once('/').unwrap_or((text, "32"));
        let ip: Ipv4Addr = ip.parse().map_err(|_| SubnetError::Form)?;
        let prefix: u8 = prefix.parse().map_err(|_| SubnetError::Form)?;
        match prefix {
            33.. => Err(SubnetError::Form),
            0..PREFIX_MIN => Err(SubnetError::Large),
            PREFIX_MIN..=32 => Ok(Self {
                first: u32::from(ip) & u32::MAX.unbounded_shl(32 - u32::from(prefix)),
                prefix,
            }),
        }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

impl Subnet {
    /// Its hosts, without the network's own and the broadcast address.
    #[must_use]
    pub fn hosts(&self) -> Vec<Ipv4Addr> {
        let size = 1_u32 << (32 - u32::from(self.prefix));
        let edge = u32::from(self.prefix < 31);
        (edge..size - edge)
            .map(|offset| Ipv4Addr::from(self.first + offset))
            .collect()
    }
}

/// Connects to each and hangs up at once: nothing is written, so nothing is printed.
pub(super) fn open(subnet: &Subnet) -> Looked<(Ipv4Addr, Found)> {
    let hosts = subnet.hosts();
    let at = AtomicUsize::new(0);
    let look = || {
        let mut open = Vec::new();
        while let Some(ip) = hosts.get(at.fetch_add(1, Ordering::Relaxed)) {
            if TcpStream::connect_timeout(&SocketAddrV4::new(*ip, PORT).into(), WITHIN).is_ok() {
                open.push((*ip, Found::at(format!("tcp://{ip}:{PORT}"), "9100")));
            }
        }
        open
    };
    let found = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE.min(hosts.len())).map(|_| scope.spawn(look)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_is_its_hosts_and_no_address_beside_them() {
        let subnet: Subnet = "192.168.1.77/30".parse().unwrap();
        assert_eq!(subnet.to_string(), "192.168.1.76/30");
        assert_eq!(
            subnet.hosts(),
            ["192.168.1.77", "192.168.1.78"].map(|ip| ip.parse::<Ipv4Addr>().unwrap())
        );
        assert_eq!("10.0.0.1".parse::<Subnet>().unwrap().hosts().len(), 1);
        assert_eq!("10.0.3.9/22".parse::<Subnet>().unwrap().hosts().len(), 1022);
        assert_eq!("255.255.255.255/24".parse::<Subnet>().unwrap().hosts().len(), 254);
    }

    #[test]
    fn what_is_no_subnet_or_too_large_is_refused() {
        for text in ["", "192.168.1", "10.0.0.0/33", "10.0.0.0/x", "fe80::/64", "a/24"] {
            assert_eq!(text.parse::<Subnet>(), Err(SubnetError::Form), "{text}");
        }
        assert_eq!("10.0.0.0/21".parse::<Subnet>(), Err(SubnetError::Large));
        assert_eq!("0.0.0.0/0".parse::<Subnet>(), Err(SubnetError::Large));
    }
}
