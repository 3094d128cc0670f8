/** The trace backend: receivers, stores, search, analysis and the pictures of the terminal. */
@NullMarked
package io.fairlead.traces;

import org.jspecify.annotations.NullMarked;
