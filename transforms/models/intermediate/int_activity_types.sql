{{ of_all_crms('activity_types') }}
