//! Pure mathematics on slices: no I/O, no domain words, a file for each question.
