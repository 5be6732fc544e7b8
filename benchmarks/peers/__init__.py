"""Programs that ingest a folder of HTML with other libraries; they run in an environment of their own."""
