"""The audit trail: written by the database's own triggers, told by the edge who acts (decision 0010)."""
