package io.fairlead.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Raises the old class files of a jar to a format that a start-up cache can hold. The cache wants
 * classes that were verified before, which those of Java 5 and older do not allow; picocli's are
 * such, and every command begins with them. What they do stays the same.
 */
final class ClassFormats {
  /** The first format with stack maps, which make the quick verification possible. */
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;

  private static final ClassTransform RAISE =
      ((ClassTransform)
              (builder, element) -> {
                if (element instanceof ClassFileVersion) {
                  builder.withVersion(ClassFile.JAVA_17_VERSION, 0);
                } else {
                  builder.with(element);
                }
              })
          .andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL));

  private ClassFormats() {}

  /**
   * Puts a jar with raised classes in the place of this one, if there is anything to raise.
   *
   * @return how many classes were raised
   */
  static int raise(Path jar) throws IOException {
    var raised = new ByteArrayOutputStream();
    int count = 0;
    try (var in = new ZipInputStream(Files.newInputStream(jar));
        var out = new ZipOutputStream(raised)) {
      for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        byte[] bytes = in.readAllBytes();
        boolean old = entry.getName().endsWith(".class") && major(bytes) < FIRST_WITH_STACK_MAPS;
        count += old ? 1 : 0;
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(old ? raise(bytes) : bytes);
      }
    }
    if (count > 0) {
      var next = jar.resolveSibling(jar.getFileName() + ".new");
      Files.write(next, raised.toByteArray());
      Files.move(next, jar, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
    return count;
  }

  private static byte[] raise(byte[] classFile) {
    var format = ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS);
    return format.transformClass(format.parse(classFile), RAISE);
  }

  private static int major(byte[] classFile) {
    return ByteBuffer.wrap(classFile).getShort(6);
  }
}
