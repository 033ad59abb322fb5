"""A local server that hosts imitations of CRMs: state, clock, limits, faults. It knows no CRM."""
