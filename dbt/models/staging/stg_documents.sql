select document, source, status, language, characters, findings, superseded, duplicate, changed
from {{ source('exports', 'documents') }}
