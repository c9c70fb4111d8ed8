//! All frames of a zstd stream, one after another.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The last block of a frame, of no bytes, and room for a checksum: with it the decoder gives all
/// that it still holds of a frame that was cut off.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

/// Reads the frames of `source`. Errors: `UnexpectedEof`, `InvalidData`, `Unsupported`, or what the
/// source itself has; they come after everything that was unpacked before.
pub(super) struct Frames<R> {
    source: Source<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
    error: Option<io::Error>,
}

/// Remembers why the decoder got no more bytes.
struct Source<R> {
    inner: R,
    is_at_end: bool,
    error: Option<io::Error>,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into).map_err(|error| {
            let kind = error.kind();
            self.error = (kind != io::ErrorKind::Interrupted).then_some(error);
            io::Error::from(kind)
        })?;
        self.is_at_end |= n == 0 && !into.is_empty();
        Ok(n)
    }
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source: Source {
                inner: source,
                is_at_end: false,
                error: None,
            },
            decoder: FrameDecoder::new(),
            is_in_frame: false,
            error: None,
        }
    }

    /// Begins the next frame; `false` at the end.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.source.inner.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.source).take(u64::from(length));
                    let n = io::copy(&mut skipped, &mut io::sink())?;
                    if n < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.reason(&error)),
            }
        }
    }

    fn reason(&mut self, error: &FrameDecoderError) -> io::Error {
        if let Some(error) = self.source.error.take() {
            return error;
        }
        match error {
            FrameDecoderError::WindowSizeTooBig { .. }
            | FrameDecoderError::DictNotProvided { .. } => io::ErrorKind::Unsupported.into(),
            _ if self.source.is_at_end => io::ErrorKind::UnexpectedEof.into(),
            _ => io::ErrorKind::InvalidData.into(),
        }
    }

    /// Whether the frame that was read has the checksum that it names.
    fn is_sound(&self) -> bool {
        self.decoder
            .get_checksum_from_data()
            .is_none_or(|sum| Some(sum) == self.decoder.get_calculated_checksum())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if self.is_in_frame {
                let n = self.decoder.read(into)?;
                if n > 0 {
                    return Ok(n);
                }
            }
            if let Some(error) = self.error.take() {
                self.is_in_frame = false;
                return Err(error);
            }
            if !self.is_in_frame {
                self.is_in_frame = self.begin()?;
                if !self.is_in_frame {
                    return Ok(0);
                }
            } else if self.decoder.is_finished() {
                self.is_in_frame = false;
                if !self.is_sound() {
                    return Err(io::ErrorKind::InvalidData.into());
                }
            } else {
                let strategy = BlockDecodingStrategy::UptoBlocks(1);
                if let Err(error) = self.decoder.decode_blocks(&mut self.source, strategy) {
                    self.error = Some(self.reason(&error));
                    // What the decoder says to its own last block is of no interest.
                    let _ = self
                        .decoder
                        .decode_blocks(LAST_BLOCK, BlockDecodingStrategy::All);
                }
            }
        }
    }
}
