package io.fairlead.registry;

class InMemoryCatalogStoreTest extends CatalogStoreContract {
  @Override
  CatalogStore openNew() {
    return new InMemoryCatalogStore();
  }

  @Override
  CatalogStore reopen(CatalogStore store) {
    return store;
  }
}
