package io.fairlead.registry;

import io.fairlead.discovery.RegistrationRequest;

/** One registered instance with the version of its last change and its running lease. */
record CatalogEntry(RegistrationRequest request, long version, Lease lease) {}
