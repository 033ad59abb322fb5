"""The way back: what a SQL model says a CRM's records should be is planned, shown, applied and accounted for."""
