//! The write-ahead log of a database: pages that were changed and not yet written where they belong.
//!
//! Source: "WAL-mode file format" in the documentation of SQLite.

use std::collections::HashMap;

/// Bytes of the header of the log, and of each frame.
const HEADER: usize = 32;
const FRAME: usize = 24;
/// What a log begins with; the last bit says how words are read for checksums.
pub(super) const MAGIC: u32 = 0x377f_0682;

/// A log up to its last whole change.
#[derive(Debug, Default)]
pub(super) struct Log<'a> {
    page_size: usize,
    /// The newest copy of each page that it has, by number from 1.
    pages: HashMap<u32, &'a [u8]>,
    /// How many pages the database has after the last change.
    count: Option<u32>,
}

/// The running checksum of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    is_big_endian: bool,
    words: [u32; 2],
}

impl<'a> Log<'a> {
    /// Reads a log; what is none is an empty one.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let mut log = Log::default();
        let Some(header) = bytes.get(..HEADER) else {
            return log;
        };
        let magic = word(header, 0);
        let page_size = word(header, 8) as usize;
        let mut sum = Sum {
            is_big_endian: magic & 1 == 1,
            words: [0; 2],
        };
        sum.add(&header[..24]);
        let is_sound = magic | 1 == MAGIC | 1
            && page_size.is_power_of_two()
            && (512..=65_536).contains(&page_size)
            && sum.words == [word(header, 24), word(header, 28)];
        if !is_sound {
            return log;
        }
        log.page_size = page_size;
        let mut pending: Vec<(u32, &[u8])> = Vec::new();
        for frame in bytes[HEADER..].chunks_exact(FRAME + page_size) {
            let (head, page) = frame.split_at(FRAME);
            // Frames of an older round have other salts.
            if head[8..16] != header[16..24] {
                break;
            }
            sum.add(&head[..8]);
            sum.add(page);
            if sum.words != [word(head, 16), word(head, 20)] {
                break;
            }
            pending.push((word(head, 0), page));
            let count = word(head, 4);
            if count > 0 {
                log.count = Some(count);
                log.pages.extend(pending.drain(..));
            }
        }
        log
    }

    /// Bytes of the database after the last change; `None` without one.
    pub(super) fn size(&self) -> Option<usize> {
        self.count.map(|count| count as usize * self.page_size)
    }

    /// Bytes of all pages that it has.
    pub(super) fn bytes(&self) -> usize {
        self.pages.len() * self.page_size
    }

    /// A page that it has.
    pub(super) fn page(&self, number: u32) -> Option<&'a [u8]> {
        self.pages.get(&number).copied()
    }

    /// The page at a byte of the database, if the log has it, and where in it that is.
    pub(super) fn page_at(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let number = at.checked_div(self.page_size)? + 1;
        let page = self.page(u32::try_from(number).ok()?)?;
        Some((page, at % self.page_size))
    }

    /// Where the next page begins; without a log nowhere.
    pub(super) fn next_page(&self, at: usize) -> usize {
        at.checked_div(self.page_size)
            .map_or(usize::MAX, |page| (page + 1) * self.page_size)
    }
}

impl Sum {
    /// Adds bytes, eight at a time.
    fn add(&mut self, bytes: &[u8]) {
        let read = |bytes: [u8; 4]| {
            if self.is_big_endian {
                u32::from_be_bytes(bytes)
            } else {
                u32::from_le_bytes(bytes)
            }
        };
        let [mut a, mut b] = self.words;
        for pair in bytes.as_chunks::<8>().0 {
            let [p, q, r, s, t, u, v, w] = *pair;
            a = a.wrapping_add(read([p, q, r, s])).wrapping_add(b);
            b = b.wrapping_add(read([t, u, v, w])).wrapping_add(a);
        }
        self.words = [a, b];
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    bytes.map_or(0, u32::from_be_bytes)
}
