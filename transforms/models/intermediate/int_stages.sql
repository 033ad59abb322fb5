{{ of_all_crms('stages') }}
