"""The same question in the years before the two news items, as registered before it was run.

``report`` states the registration and the sample, ``detectable`` what its tests can find,
``outcomes`` what they found with all that is shown beside, ``exploratory`` the rest,
``exports`` and ``joined_exports`` what the export figures of these years show.
"""
