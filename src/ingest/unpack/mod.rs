//! Packed inputs (gzip, zstd), known by their first bytes: unpacked piece by piece while they are read.
//!
//! All members of a gzip file and all frames of a zstd file are read. Where a stream is cut off or
//! damaged, what was unpacked before is given, then the end, and the fault is noted. What unpacks to
//! an absurd multiple of its size is left, so that a small file cannot fill the memory.

mod frames;
mod members;

use std::cell::Cell;
use std::io::{self, BufReader, Read};

use frames::Frames;
use members::Members;

/// What is read of a packed stream at once.
const READ_SIZE: usize = 64 << 10;
/// What is unpacked at once: of a damaged piece nothing is given.
const PIECE: usize = 16 << 10;
/// Logs shrink by a factor of 5 to 50; a stream that gives more than this many times its size, once
/// [`UNSUSPICIOUS`] bytes came out of it, is no log.
const MOST_TIMES: u64 = 250;
const UNSUSPICIOUS: u64 = 32 << 20;

/// How an input is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Packing {
    /// By the first four bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // A frame, or one to be skipped, which some packers write first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The name of the file that was packed: without the ending that packing added.
    pub(super) fn inner_name(self, name: &str) -> &str {
        let endings: &[&str] = match self {
            Self::Gzip => &[".gz", ".gzip"],
            Self::Zstd => &[".zst", ".zstd"],
        };
        endings
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .filter(|inner| !inner.is_empty())
            .unwrap_or(name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Why a stream ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    CutOff,
    Damaged,
    /// A dictionary or a window beyond any limit is needed.
    Unsupported,
    TooMuch,
}

/// What is known of a packed stream while it is read, and afterwards.
#[derive(Debug)]
pub(super) struct Unpacking {
    packing: Packing,
    consumed: Cell<u64>,
    given: Cell<u64>,
    fault: Cell<Option<Fault>>,
}

impl Unpacking {
    pub(super) fn new(packing: Packing) -> Self {
        Self {
            packing,
            consumed: Cell::new(0),
            given: Cell::new(0),
            fault: Cell::new(None),
        }
    }

    /// Packed bytes that were read.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed.get()
    }

    /// Why the stream ended early, in words, if it did.
    pub(super) fn fault(&self) -> Option<String> {
        let name = self.packing.name();
        self.fault.get().map(|fault| match fault {
            Fault::CutOff => format!("{name} data cut off: what stands before is used"),
            Fault::Damaged => format!("{name} data damaged: what stands before is used"),
            Fault::Unsupported => {
                format!("{name} data that needs a dictionary, or more than 128 MiB to unpack")
            }
            Fault::TooMuch => format!(
                "{name} data that unpacks to more than {MOST_TIMES} times its size: the rest is not read"
            ),
        })
    }

    /// The unpacked bytes of `packed`.
    pub(super) fn reader<'a>(&'a self, packed: impl Read + 'a) -> impl Read + 'a {
        let packed = BufReader::with_capacity(
            READ_SIZE,
            Counted {
                inner: packed,
                count: &self.consumed,
            },
        );
        let inner: Box<dyn Read + 'a> = match self.packing {
            Packing::Gzip => Box::new(Members::new(packed)),
            Packing::Zstd => Box::new(Frames::new(packed)),
        };
        Unpacked { inner, told: self }
    }
}

struct Counted<'a, R> {
    inner: R,
    count: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

struct Unpacked<'a> {
    inner: Box<dyn Read + 'a>,
    told: &'a Unpacking,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let told = self.told;
        if told.fault.get().is_some() {
            return Ok(0);
        }
        let wanted = into.len().min(PIECE);
        let fault = match self.inner.read(&mut into[..wanted]) {
            Ok(n) => {
                told.given.set(told.given.get() + n as u64);
                let given = told.given.get();
                if given > UNSUSPICIOUS && given / MOST_TIMES > told.consumed.get() {
                    told.fault.set(Some(Fault::TooMuch));
                }
                return Ok(n);
            }
            Err(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof => Fault::CutOff,
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Fault::Damaged,
                io::ErrorKind::Unsupported => Fault::Unsupported,
                _ => return Err(error),
            },
        };
        told.fault.set(Some(fault));
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_by_their_first_bytes() {
        assert_eq!(Packing::of(b"\x1f\x8b\x08\0"), Some(Packing::Gzip));
        assert_eq!(Packing::of(b"\x28\xb5\x2f\xfd"), Some(Packing::Zstd));
        assert_eq!(Packing::of(b"\x52\x2a\x4d\x18"), Some(Packing::Zstd));
        assert_eq!(Packing::of(b"{\"a\":1}"), None);
        assert_eq!(Packing::of(b"\x1f"), None);
    }

    #[test]
    fn the_name_of_what_was_packed() {
        assert_eq!(
            Packing::Gzip.inner_name("agent-1.jsonl.gz"),
            "agent-1.jsonl"
        );
        assert_eq!(Packing::Zstd.inner_name("a.zst"), "a");
        assert_eq!(Packing::Zstd.inner_name("a.gz"), "a.gz");
        assert_eq!(Packing::Gzip.inner_name("-"), "-");
    }
}
