{{ of_all_crms('organizations') }}
