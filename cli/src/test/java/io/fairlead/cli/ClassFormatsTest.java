package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassFormatsTest {
  private static final int JAVA_5 = 49;
  private static final MethodTypeDesc INT_TO_INT =
      MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int);

  @TempDir private Path folder;

  /** Counts down from its argument to zero: the jump back needs a stack map since Java 6. */
  private static byte[] old() {
    return ClassFile.of(ClassFile.StackMapsOption.DROP_STACK_MAPS)
        .build(
            ClassDesc.of("Old"),
            type ->
                type.withVersion(JAVA_5, 0)
                    .withMethodBody(
                        "rounds",
                        INT_TO_INT,
                        ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
                        code -> {
                          var start = code.newLabel();
                          var end = code.newLabel();
                          code.iconst_0().istore(1).labelBinding(start);
                          code.iload(0).ifle(end).iinc(0, -1).iinc(1, 1).goto_(start);
                          code.labelBinding(end).iload(1).ireturn();
                        }));
  }

  private Path jar(byte[] type) throws IOException {
    var jar = folder.resolve("some.jar");
    try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("Old.class"));
      out.write(type);
      out.putNextEntry(new ZipEntry("text.txt"));
      out.write("kept".getBytes(StandardCharsets.US_ASCII));
    }
    return jar;
  }

  @Test
  void oldClassesAreRaisedAndDoWhatTheyDid() throws Exception {
    var jar = jar(old());
    assertThat(ClassFormats.raise(jar)).isEqualTo(1);
    try (var file = new JarFile(jar.toFile());
        var loader = new URLClassLoader(new java.net.URL[] {jar.toUri().toURL()}, null)) {
      byte[] raised = file.getInputStream(file.getEntry("Old.class")).readAllBytes();
      assertThat(ClassFile.of().parse(raised).majorVersion()).isEqualTo(ClassFile.JAVA_17_VERSION);
      assertThat(file.getInputStream(file.getEntry("text.txt"))).hasContent("kept");
      var rounds = loader.loadClass("Old").getMethod("rounds", int.class);
      assertThat(rounds.invoke(null, 7)).isEqualTo(7);
    }
  }

  @Test
  void aJarWithoutOldClassesStaysAsItIs() throws Exception {
    var jar = jar(ClassFile.of().build(ClassDesc.of("Old"), type -> type.withFlags(0)));
    byte[] before = Files.readAllBytes(jar);
    assertThat(ClassFormats.raise(jar)).isZero();
    assertThat(Files.readAllBytes(jar)).isEqualTo(before);
  }
}
