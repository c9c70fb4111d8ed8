//! All members of a gzip stream, one after another.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Reads the members of a source. Zeros behind a member only fill a block, of a tape for instance: gzip ignores them
/// too.
pub(super) struct Members<R> {
    /// `None`: the end was reached.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            member: Some(GzDecoder::new(source)),
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let n = member.read(into)?;
            if n > 0 {
                return Ok(n);
            }
            pass_zeros(member.get_mut())?;
            let is_at_end = member.get_mut().fill_buf()?.is_empty();
            let next = self.member.take().filter(|_| !is_at_end);
            self.member = next.map(|member| GzDecoder::new(member.into_inner()));
        }
        Ok(0)
    }
}

fn pass_zeros(source: &mut impl BufRead) -> io::Result<()> {
    loop {
        let bytes = source.fill_buf()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let are_more = zeros == bytes.len() && zeros > 0;
        source.consume(zeros);
        if !are_more {
            return Ok(());
        }
    }
}
