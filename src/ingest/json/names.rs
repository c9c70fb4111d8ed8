//! Keys and other names are told apart as wholes.

/// A `match` of a text with names. As patterns they would be compared byte by byte, with a branch for each, which readers
/// that do little else feel; here they are compared with `==`, in which as many bytes are held against each other as fit.
macro_rules! match_name {
    ($name:expr, {
        $($($literal:literal)|+ $(if $is_so:expr)? => $then:expr,)+
        _ => $other:expr $(,)?
    }) => {
        match $name {
            $(name if ($(name == $literal)||+) $(&& $is_so)? => $then,)+
            _ => $other,
        }
    };
}

pub(crate) use match_name;
