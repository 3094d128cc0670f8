import org.jspecify.annotations.NullMarked;

/** What tests of every module share. It knows no other module, so that all of them can use it. */
@NullMarked
module io.fairlead.testkit {
  requires static transitive org.jspecify;

  exports io.fairlead.testkit;
}
