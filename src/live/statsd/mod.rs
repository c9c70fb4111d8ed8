//! StatsD lines from a local socket: read by a thread of their own, taken up by another, written as native records
//! once in each interval.
//!
//! The queue between the two holds so many packets and no more; what comes while it is full is counted. Only the loopback
//! address is listened on unless somebody says otherwise: StatsD knows no password.

mod line;
mod tally;

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::recorder::{RecordError, Recorder};
use crate::units::Time;
use tally::Tally;

/// Packets that wait to be taken up.
const QUEUE: usize = 1_024;

/// Bytes of a packet; what is longer is cut off. Clients keep below 1,432, on the loopback below 8,192.
const LONGEST: usize = 16 * 1_024;

/// Bytes of records that wait for a file that cannot be written. What comes beyond is lost, and counted.
const MOST_WAITING: usize = 16 << 20;

/// How long the reader waits for a packet before it looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a reader that is to stop goes on taking what the system still holds for it.
const LAST: Duration = Duration::from_secs(2);

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// UDP.
    Udp(SocketAddr),
    /// A Unix datagram socket.
    Unix(PathBuf),
}

impl Address {
    /// `127.0.0.1:8125`, `localhost:8125`, or a path: one with a `/`, or behind `unix:`.
    ///
    /// # Errors
    /// It is neither; or it is no loopback address and `is_open` does not allow that.
    pub fn of(text: &str, is_open: bool) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Address::Unix(path.trim_start_matches("//").into()));
        }
        if text.contains('/') {
            return Ok(Address::Unix(text.into()));
        }
        let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
        let address = found.ok_or(AddressError::None)?;
        if is_open || address.ip().is_loopback() {
            Ok(Address::Udp(address))
        } else {
            Err(AddressError::Open)
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Udp(address) => write!(f, "udp {address}"),
            Address::Unix(path) => write!(f, "unix {}", path.display()),
        }
    }
}

/// Why a text is no place to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is neither an address with a port nor a path.
    #[error("it is neither an address with a port nor the path of a socket")]
    None,
    /// Other machines could send to it.
    #[error("other machines could send to this address, and StatsD knows no password")]
    Open,
}

impl AddressError {
    /// What to do.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            AddressError::None => "write --statsd 127.0.0.1:8125 or --statsd /run/perfadvise.sock",
            AddressError::Open => {
                "write --statsd 127.0.0.1:8125, or add --statsd-open where the network is trusted"
            }
        }
    }
}

/// What came, over all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heard {
    /// Lines that told something.
    pub lines: u64,
    /// Records that were made of them.
    pub records: u64,
    /// Lines that told nothing, by reason.
    pub faults: BTreeMap<&'static str, u64>,
    /// Packets that came while the queue was full.
    pub dropped: u64,
    /// Names of metrics that came.
    pub names: Vec<String>,
    /// Those of them that came as times.
    pub timers: Vec<String>,
}

/// A socket that is listened to.
#[derive(Debug)]
pub struct Statsd {
    recorder: Recorder,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    address: Address,
    records: u64,
}

#[derive(Debug, Default)]
struct Shared {
    tally: Mutex<Tally>,
    dropped: AtomicU64,
    is_to_stop: AtomicBool,
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Statsd {
    /// Listens, and records with `recorder`.
    ///
    /// # Errors
    /// The address is taken, or not to be had.
    pub fn listen(address: &Address, recorder: Recorder) -> io::Result<Self> {
        let (socket, address) = Socket::bind(address)?;
        let shared = Arc::new(Shared::default());
        let (sender, receiver) = sync_channel(QUEUE);
        let threads = vec![
            spawn("statsd-read", {
                let shared = Arc::clone(&shared);
                move || read(&socket, &sender, &shared)
            })?,
            spawn("statsd-take", {
                let shared = Arc::clone(&shared);
                move || take_up(&receiver, &shared)
            })?,
        ];
        Ok(Self {
            recorder,
            shared,
            threads,
            address,
            records: 0,
        })
    }

    /// Where it listens: the port that the system gave, where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The file of the records.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.recorder.path()
    }

    /// Writes what came in the interval that ends now.
    ///
    /// # Errors
    /// The file cannot be written. What was to be written waits for the next time.
    pub fn write(&mut self) -> Result<(), RecordError> {
        let now = Time::from_timestamp(jiff::Timestamp::now());
        if self.recorder.waiting() > MOST_WAITING {
            self.shared.tally().give_up();
            return self.recorder.flush();
        }
        self.records += self.shared.tally().write(&mut self.recorder, now)?;
        Ok(())
    }

    /// Stops, takes what the system still holds, and writes it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self) -> Result<Heard, RecordError> {
        self.stop();
        self.write()?;
        let tally = self.shared.tally();
        Ok(Heard {
            lines: tally.taken,
            records: self.records,
            faults: tally.faults.clone(),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
            names: tally.names.keys().cloned().collect(),
            timers: tally.timers(),
        })
    }

    fn stop(&mut self) {
        if self.threads.is_empty() {
            // It has stopped: the path may be somebody else's by now.
            return;
        }
        self.shared.is_to_stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to say.
            let _ = thread.join();
        }
        if let Address::Unix(path) = &self.address {
            // It may be gone already.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Statsd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
}

/// A socket of either kind.
enum Socket {
    Udp(UdpSocket),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixDatagram),
}

impl Socket {
    fn bind(address: &Address) -> io::Result<(Self, Address)> {
        match address {
            Address::Udp(address) => {
                let socket = UdpSocket::bind(address)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                let address = Address::Udp(socket.local_addr()?);
                Ok((Socket::Udp(socket), address))
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                use std::os::unix::fs::FileTypeExt;
                use std::os::unix::net::UnixDatagram;
                // One that nobody listens to is left over from a run that was killed.
                let is_socket = |path: &Path| {
                    std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket())
                };
                let is_left_over = is_socket(path)
                    && UnixDatagram::unbound().is_ok_and(|s| s.connect(path).is_err());
                if is_left_over {
                    std::fs::remove_file(path)?;
                }
                let socket = UnixDatagram::bind(path)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                Ok((Socket::Unix(socket), address.clone()))
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn receive(&self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Udp(socket) => socket.recv(into),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.recv(into),
        }
    }

    fn never_wait(&self) -> io::Result<()> {
        match self {
            Socket::Udp(socket) => socket.set_nonblocking(true),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.set_nonblocking(true),
        }
    }
}

/// Reads packets until it is to stop, then what the system still holds.
fn read(socket: &Socket, queue: &SyncSender<Vec<u8>>, shared: &Shared) {
    let mut packet = vec![0; LONGEST];
    let mut until: Option<Instant> = None;
    loop {
        if until.is_none() && shared.is_to_stop.load(Ordering::Relaxed) {
            until = Some(Instant::now() + LAST);
            if socket.never_wait().is_err() {
                return;
            }
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            return;
        }
        let length = match socket.receive(&mut packet) {
            Ok(length) => length,
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => continue,
                // Nothing there.
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if until.is_some() => return,
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => continue,
                // What a sender of ours is told of by another machine is no end.
                _ if until.is_some() => return,
                _ => {
                    std::thread::sleep(PATIENCE);
                    continue;
                }
            },
        };
        match queue.try_send(packet[..length].to_vec()) {
            Ok(()) => {}
            Err(TrySendError::Full(packet)) if until.is_some() => {
                // Nothing comes any more for which the reader would have to be quick.
                if queue.send(packet).is_err() {
                    return;
                }
            }
            Err(TrySendError::Full(_)) => {
                shared.dropped.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => return,
        }
    }
}

/// Takes packets up until nobody sends any more.
fn take_up(queue: &Receiver<Vec<u8>>, shared: &Shared) {
    while let Ok(packet) = queue.recv() {
        let now = Time::from_timestamp(jiff::Timestamp::now());
        let mut tally = shared.tally();
        if packet.len() == LONGEST {
            tally.fault("a packet longer than 16 KiB, cut off", 1);
        }
        tally.packet(&packet, now);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_loopback_address_unless_told_otherwise() {
        let udp = |text: &str| matches!(Address::of(text, false), Ok(Address::Udp(_)));
        assert!(udp("127.0.0.1:8125") && udp("[::1]:8125"));
        for open in ["0.0.0.0:8125", "[::]:8125", "192.0.2.1:8125"] {
            assert_eq!(Address::of(open, false), Err(AddressError::Open));
            assert!(Address::of(open, true).is_ok());
        }
        assert_eq!(Address::of("8125", false), Err(AddressError::None));
        let unix = |text: &str| Address::of(text, false).map(|a| a.to_string());
        assert_eq!(unix("unix:a.sock").unwrap(), "unix a.sock");
        assert_eq!(unix("unix:///run/a.sock").unwrap(), "unix /run/a.sock");
        assert_eq!(unix("/run/a.sock").unwrap(), "unix /run/a.sock");
    }

    #[test]
    fn what_was_sent_before_the_end_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::in_folder(folder.path()).unwrap();
        let path = recorder.path().to_owned();
        let any = Address::of("127.0.0.1:0", false).unwrap();
        let statsd = Statsd::listen(&any, recorder).unwrap();
        let Address::Udp(address) = *statsd.address() else {
            panic!("not udp");
        };
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..100 {
            client.send_to(b"jobs:1|c\nwait:5|ms", address).unwrap();
        }
        let heard = statsd.finish().unwrap();
        assert_eq!((heard.lines, heard.records), (200, 101));
        assert_eq!((heard.dropped, heard.faults.len()), (0, 0));
        assert_eq!(heard.names, ["jobs", "wait"]);
        assert_eq!(heard.timers, ["wait"]);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("\"value\":100.0") && text.lines().count() == 101);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_taken_over_from_the_dead_and_left_clean() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("statsd.sock");
        drop(std::os::unix::net::UnixDatagram::bind(&path).unwrap());
        assert!(path.exists());
        let at = Address::Unix(path.clone());
        let recorder = || Recorder::in_folder(folder.path()).unwrap();
        let statsd = Statsd::listen(&at, recorder()).unwrap();
        assert!(Statsd::listen(&at, recorder()).is_err(), "it is in use");
        let client = std::os::unix::net::UnixDatagram::unbound().unwrap();
        client.send_to(b"depth:3|g|#queue:main", &path).unwrap();
        assert_eq!(statsd.finish().unwrap().records, 1);
        assert!(!path.exists());
    }
}
