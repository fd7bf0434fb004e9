"""Parts of the reader of DICOM radiographs: headers, grey scale, masks, what tells who it is."""
