-- Signed papers are kept as files beside the pictures of casefiles; this table says which.

comment on table written_record_scan is 'Signed papers as they came back: which file. The file lies where evidence lies, as record_id/digest. Append only.';
