"""Who may use an installation: people with roles and groups, their keys, and their browsers' sessions.

What each may see and do is decided by `identity`; here it is stored, looked up and written to the audit log.
"""
