//! What a change of configuration would give, computed on the measured workload.
