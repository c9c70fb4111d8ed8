//! The program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    give_back_memory();
    ExitCode::from(perfadvise::cli::run(std::env::args_os()) as u8)
}

/// Lets large pieces of memory go back to the system as soon as they are free.
///
/// The allocator of glibc keeps pieces as large as the largest that was ever freed, up to 32 MiB each, for later: after
/// the records of a gigabyte that is a quarter of the peak. With bounds of one's own it keeps less, and loses no time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "nothing else sets them from within, and only the program itself may"
)]
fn give_back_memory() {
    // Larger pieces have pages of their own; with more than this free at its end, the heap shrinks.
    for (parameter, bytes) in [
        (libc::M_MMAP_THRESHOLD, 2 << 20),
        (libc::M_TRIM_THRESHOLD, 8 << 20),
    ] {
        // SAFETY: two whole numbers in, one out; no other thread has begun yet.
        unsafe { libc::mallopt(parameter, bytes) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back_memory() {}
