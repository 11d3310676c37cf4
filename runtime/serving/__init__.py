"""HTTP as gateway and head office serve it: bounded bodies, refusals with a code, one event loop, an end on a fault."""
